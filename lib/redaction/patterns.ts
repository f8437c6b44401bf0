/**
 * The patterns of credentials in free text.
 *
 * Why the project has its own table, by the packages examined:
 * - @secretlint/secretlint-rule-preset-recommend 13.0.7 (MIT): sound, fast, and runs on workerd. It is made for
 *   source files and requires exact lengths and whole blocks. It finds 36 of the 66 samples in the tests. It
 *   misses bearer tokens, JWTs, Google and Azure keys, and truncated private keys.
 * - openredaction 1.1.5 (MIT): mainly personal data. It finds 18 of 46 samples, changes ordinary words, needs a
 *   second for 50 KB of `sk-`, and imports fs and worker_threads.
 * - @npmcli/redact 5.0.0 (ISC): npm tokens and URL passwords, but also every UUID.
 * - @logtape/redaction 2.3.7 (MIT), redact-pii 3.4.0 (MIT): personal data. @pinojs/redact 0.4.0 (MIT) and
 *   @zapier/secret-scrubber 1.1.6 (ISC): fields of objects, or secrets known in advance.
 */

/** The kind of a credential, as written in `[REDACTED_<KIND>]`. */
export type CredentialKind = Uppercase<string>;

export interface CredentialPattern {
  readonly kind: CredentialKind;
  /**
   * A global expression. The credential is group 1, which ends at the end of the match, or the whole match
   * if there is no group. It takes linear time on any text: a run of characters either has nothing after
   * it that can fail, or can match only from its first character. A match never starts or ends inside a
   * word, so the replacement of one credential cannot reveal another.
   */
  readonly pattern: RegExp;
}

// A colour sequence and an escaped newline end in a letter, which is not a part of the word that follows.
const CONTROL = String.raw`\x1b\[[\d;]{0,16}m|\\[nrt]`;
const WORD_START = `(?<=^|[^A-Za-z0-9]|${CONTROL})`;
const RUN_START = String.raw`(?<=^|[^\w-]|${CONTROL}|PRIVATE KEY(?: BLOCK)? ?-{4,5})`;
const WORD_END = '(?![A-Za-z0-9])';
// The characters between a name and its value: `=`, `: `, `": "`, `\": \"`, ` => '`.
const ASSIGNS = String.raw`[\s"'\\:=>,]{1,12}`;

/** If two patterns match the same text, the earlier one determines the kind. */
export const CREDENTIAL_PATTERNS: readonly CredentialPattern[] = [
  // Clouds
  token('AWS_KEY', `(?:AKIA|ASIA|ABIA|ACCA)[A-Z0-9]{16}${WORD_END}`),
  assigned('AWS_KEY', 'secret_?(?:access_?)?key', '[A-Za-z0-9/+]{40,}={0,2}'),
  assigned('AWS_KEY', '(?:session|security)[_-]?token', '[A-Za-z0-9/+=%]{64,}'),
  assigned('AWS_SIGNATURE', 'X-Amz-Signature', '[A-Za-z0-9]{64,}'),
  token('GOOGLE_KEY', String.raw`AIza[\w-]{35,}`),
  token('GOOGLE_KEY', String.raw`(?:ya29\.|GOCSPX-)[\w-]{20,}`),
  token('GOOGLE_KEY', String.raw`1//0[\w-]{30,}`),
  assigned(
    'AZURE_KEY',
    '(?:Account|SharedAccess|azure_storage_(?:access_)?)key',
    '[A-Za-z0-9+/]{40,}={0,2}',
  ),
  assigned('AZURE_KEY', '[?&;]sig', '[A-Za-z0-9+/%]{40,}={0,2}'),
  token('AZURE_KEY', String.raw`[A-Za-z0-9][\w~.]{2}\dQ~[\w~.-]{31,34}${WORD_END}`),
  token('CLOUDFLARE_TOKEN', 'cf(?:k|ut|at)_[A-Za-z0-9]{40,}'),
  token('DIGITALOCEAN_TOKEN', 'do[opr]_v1_[A-Za-z0-9]{40,}'),

  // Models
  token('ANTHROPIC_KEY', String.raw`sk-ant-[\w-]{16,}`),
  token('OPENROUTER_KEY', String.raw`sk-or-[\w-]{16,}`),
  token(
    'OPENAI_KEY',
    String.raw`sk-(?:(?:proj|svcacct|admin|None)-[\w-]{16,}|[A-Za-z0-9]{20,}[\w-]*)`,
  ),
  token('LANGFUSE_KEY', String.raw`sk-lf-[\w-]{16,}`),
  token('GROQ_KEY', 'gsk_[A-Za-z0-9]{32,}'),
  token('XAI_KEY', 'xai-[A-Za-z0-9]{32,}'),
  token('PERPLEXITY_KEY', 'pplx-[A-Za-z0-9]{32,}'),
  token('NVIDIA_KEY', String.raw`nvapi-[\w-]{32,}`),
  token('REPLICATE_TOKEN', 'r8_[A-Za-z0-9]{32,}'),
  token('LANGSMITH_KEY', String.raw`lsv2_(?:pt|sk)_\w{32,}`),
  token('HUGGINGFACE_TOKEN', '(?:hf|api_org)_[A-Za-z0-9]{30,}'),

  // Code and packages
  token('GITHUB_TOKEN', 'gh[pousr]_[A-Za-z0-9]{20,}'),
  token('GITHUB_TOKEN', String.raw`ghs_\d{1,20}_[\w-]{8,}(?:\.[\w-]{8,}){0,2}`),
  token('GITHUB_TOKEN', String.raw`github_pat_\w{20,}`),
  token(
    'GITLAB_TOKEN',
    String.raw`gl(?:pat|dt|ptt|rt|cbt|ft|soat|agent|imt|oas)-[\w-]{16,}(?:\.\w{2}\.\w{6,})?`,
  ),
  token('NPM_TOKEN', 'npm_[A-Za-z0-9]{36,}'),
  assigned('NPM_TOKEN', '_authToken', '[A-Za-z0-9+/=_-]{16,}'),
  token('PYPI_TOKEN', String.raw`pypi-AgE[\w-]{16,}`),
  token('RUBYGEMS_KEY', 'rubygems_[A-Za-z0-9]{48,}'),
  token('DOCKER_TOKEN', String.raw`dckr_[po]at_[\w-]{20,}`),
  token('PULUMI_TOKEN', 'pul-[A-Za-z0-9]{40,}'),
  token('VERCEL_TOKEN', 'vc[acikpr]_[A-Za-z0-9]{20,}'),

  // Services
  token('SLACK_TOKEN', String.raw`(?:xox[a-z]|xapp)-[\w-]{10,}`),
  assigned(
    'SLACK_WEBHOOK',
    String.raw`hooks\.slack\.com/services`,
    String.raw`T\w{1,40}/B\w{1,40}/\w{8,}`,
    '/',
  ),
  token('STRIPE_KEY', '(?:sk|rk)_(?:live|test)_[A-Za-z0-9]{10,}'),
  token('STRIPE_KEY', 'whsec_[A-Za-z0-9+/=]{24,}'),
  token('SENDGRID_KEY', String.raw`SG\.[\w-]{16,}\.[\w-]{16,}`),
  token('MAILGUN_KEY', `key-[a-f0-9]{32}${WORD_END}`),
  token('NOTION_TOKEN', 'ntn_[A-Za-z0-9]{40,}'),
  token('LINEAR_KEY', String.raw`lin_(?:api|oauth)_\w{32,}`),
  token('SHOPIFY_TOKEN', 'shp(?:at|ca|pa|pca|ppa|ss)_[A-Za-z0-9]{32,}'),
  token('FIGMA_TOKEN', String.raw`figd_[\w-]{32,}`),
  token('TAILSCALE_KEY', String.raw`tskey-[a-z]{2,20}-[\w-]{16,}`),
  token('DATABRICKS_TOKEN', String.raw`dapi[a-f0-9]{32}(?:-\d)?${WORD_END}`),
  token('VAULT_TOKEN', String.raw`hv[bsr]\.[\w-]{24,}`),
  token('GRAFANA_TOKEN', String.raw`gl(?:c|sa)_[\w+/=]{32,}`),
  token('ONEPASSWORD_TOKEN', String.raw`ops_ey[\w+/=-]{64,}`),
  token('ATLASSIAN_TOKEN', String.raw`ATATT3[\w=-]{50,}`),
  token('SUPABASE_KEY', String.raw`(?:sbp_[A-Za-z0-9]{40,}|sb_secret_[\w-]{20,})`),
  token('POSTMAN_KEY', 'PMAK-[A-Za-z0-9]{24}-[A-Za-z0-9]{34,}'),
  token('SENTRY_TOKEN', String.raw`sntry[su]_[\w+/=]{32,}`),
  token('TELEGRAM_TOKEN', String.raw`\d{8,10}:AA[\w-]{33,}`),
  token('AGE_KEY', 'AGE-SECRET-KEY-1[A-Za-z0-9]{50,}'),

  // Formats without a provider
  header('BEARER_TOKEN', 'bearer'),
  header('BASIC_CREDENTIAL', 'basic'),
  {
    kind: 'BEARER_TOKEN',
    // Requires a digit near the start, because ordinary prose also continues after the word "bearer".
    pattern:
      /(?<![A-Za-z0-9])bearer[ \t]{1,8}((?=[A-Za-z._~+/=-]{0,60}\d)[A-Za-z0-9._~+/=-]{16,})/gi,
  },
  {
    kind: 'JWT',
    pattern: new RegExp(String.raw`${RUN_START}eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]{2,}){1,3}`, 'g'),
  },
  {
    kind: 'PASSWORD',
    // Matches up to the last `@` before the path, because a password may contain an unescaped `@`. A port does not match.
    pattern:
      /:\/\/(?:(?!\[REDACTED_)[^\s/:@"'<>])*:((?!\d{1,5}[?#])(?:(?!\[REDACTED_)[^\s/"'<>])+)(?=@)/g,
  },
];

function token(kind: CredentialKind, shape: string): CredentialPattern {
  return { kind, pattern: new RegExp(WORD_START + shape, 'g') };
}

function assigned(
  kind: CredentialKind,
  name: string,
  value: string,
  assigns = ASSIGNS,
): CredentialPattern {
  return { kind, pattern: new RegExp(`${name}${assigns}(${value})`, 'gi') };
}

function header(kind: CredentialKind, scheme: string): CredentialPattern {
  const value = '[A-Za-z0-9._~+/=-]{8,}';
  return {
    kind,
    pattern: new RegExp(`authorization[^A-Za-z0-9\\n]{1,12}${scheme}[ \\t]{1,8}(${value})`, 'gi'),
  };
}
