import type { Answer, Content, Operation } from '../../text/openapi.ts';
import { CopyButton } from '../copy-button.tsx';

/** One call of the API with everything that is described of it. */
export function OperationView({ operation }: { operation: Operation }) {
  const { method, path, summary, text, scope, parameters, body, answers } = operation;
  return (
    <details class="operation">
      <summary>
        <span class={`method method-${method}`}>{method}</span>
        <code class="operation-path">{path}</code>
        <span class="muted operation-summary">{summary}</span>
        {scope === null ? null : <span class="tag">{scope}</span>}
      </summary>
      <div class="operation-body">
        <Prose text={text} />
        {parameters.length === 0 ? null : (
          <>
            <h3>Parameters</h3>
            <table class="plain">
              <thead>
                <tr>
                  <th scope="col">Name</th>
                  <th scope="col">In</th>
                  <th scope="col">Value</th>
                  <th scope="col">Meaning</th>
                </tr>
              </thead>
              <tbody>
                {parameters.map(({ name, place, isRequired, shape, text: meaning }) => (
                  <tr key={`${place} ${name}`}>
                    <td>
                      <code>{name}</code>
                      {isRequired ? <span class="tag">required</span> : null}
                    </td>
                    <td>{place}</td>
                    <td class="shape">{shape}</td>
                    <td>
                      <Prose text={meaning} />
                    </td>
                  </tr>
                ))}
              </tbody>
            </table>
          </>
        )}
        {body === null ? null : (
          <>
            <h3>Body</h3>
            <ContentView content={body} />
          </>
        )}
        <h3>Answers</h3>
        {answers.map(answer => (
          <AnswerView key={answer.code} answer={answer} />
        ))}
      </div>
    </details>
  );
}

function AnswerView({ answer: { code, text, headers, content } }: { answer: Answer }) {
  const head = (
    <>
      <span class={`code code-${code.charAt(0)}`}>{code}</span> <span>{firstLine(text)}</span>
      {headers.length === 0 ? null : <span class="muted small"> with {headers.join(', ')}</span>}
    </>
  );
  if (content === null) return <p class="answer">{head}</p>;
  return (
    <details class="answer">
      <summary>{head}</summary>
      <ContentView content={content} />
    </details>
  );
}

function ContentView({ content: { type, fields, shape, examples } }: { content: Content }) {
  return (
    <div class="content">
      <p class="muted small">
        <code>{type}</code> {fields.length === 0 ? shape : ''}
      </p>
      {fields.length === 0 ? null : (
        <table class="plain">
          <thead class="sr-only">
            <tr>
              <th scope="col">Member</th>
              <th scope="col">Value</th>
              <th scope="col">Meaning</th>
            </tr>
          </thead>
          <tbody>
            {fields.map(({ name, depth, isRequired, shape: value, text }, index) => (
              <tr key={index}>
                <td>
                  <span class={`depth-${depth}`}>
                    <code>{name}</code>
                    {isRequired ? <span class="tag">required</span> : null}
                  </span>
                </td>
                <td class="shape">{value}</td>
                <td>
                  <Prose text={text} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {examples.map(({ name, text }) => (
        <figure key={name} class="output">
          <figcaption>
            <span>{name}</span>
            <span class="spread" />
            <CopyButton text={() => text} label="the example" />
          </figcaption>
          <pre tabIndex={0} aria-label={name}>
            {text}
          </pre>
        </figure>
      ))}
    </div>
  );
}

/** A description: paragraphs, with code between backticks. */
export function Prose({ text }: { text: string }) {
  if (text === '') return null;
  return (
    <>
      {text.split(/\n{2,}/).map((paragraph, index) => (
        <p key={index}>
          {paragraph
            .split('`')
            .map((part, at) => (at % 2 === 1 ? <code key={at}>{part}</code> : part))}
        </p>
      ))}
    </>
  );
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}
