export const SAMPLES: readonly (readonly [kind: string, credential: string])[] = [
  ['ANTHROPIC_KEY', `sk-ant-api03-${mixed(93)}AA`],
  ['ANTHROPIC_KEY', `sk-ant-oat01-${mixed(40)}-${mixed(40)}`],
  ['OPENAI_KEY', `sk-${mixed(48)}`],
  ['OPENAI_KEY', `sk-proj-${mixed(60)}_${mixed(40)}`],
  ['OPENROUTER_KEY', `sk-or-v1-${hex(64)}`],
  ['AWS_KEY', `AKIA${upper(16)}`],
  ['AWS_KEY', `ASIA${upper(16)}`],
  ['GOOGLE_KEY', `AIza${mixed(35)}`],
  ['GOOGLE_KEY', `ya29.${mixed(80)}`],
  ['AZURE_KEY', `abc8Q~${mixed(34)}`],
  ['CLOUDFLARE_TOKEN', `cfut_${mixed(40)}${hex(8)}`],
  ['DIGITALOCEAN_TOKEN', `dop_v1_${hex(64)}`],
  ['GROQ_KEY', `gsk_${mixed(52)}`],
  ['HUGGINGFACE_TOKEN', `hf_${mixed(34)}`],
  ['GITHUB_TOKEN', `ghp_${mixed(36)}`],
  ['GITHUB_TOKEN', `gho_${mixed(36)}`],
  ['GITHUB_TOKEN', `ghu_${mixed(36)}`],
  ['GITHUB_TOKEN', `ghs_${mixed(36)}`],
  ['GITHUB_TOKEN', `ghr_${mixed(36)}`],
  ['GITHUB_TOKEN', `ghs_1234567_${mixed(30)}.${mixed(60)}.${mixed(43)}`],
  ['GITHUB_TOKEN', `github_pat_${mixed(22)}_${mixed(59)}`],
  ['GITLAB_TOKEN', `glpat-${mixed(20)}`],
  ['NPM_TOKEN', `npm_${mixed(36)}`],
  ['PYPI_TOKEN', `pypi-AgEIcHlwaS5vcmc${mixed(120)}`],
  ['SLACK_TOKEN', `xoxb-123456789012-123456789012-${mixed(24)}`],
  ['SLACK_TOKEN', `xoxp-123456789012-${mixed(24)}`],
  ['STRIPE_KEY', `sk_live_${mixed(24)}`],
  ['STRIPE_KEY', `rk_live_${mixed(24)}`],
  ['SENDGRID_KEY', `SG.${mixed(22)}.${mixed(43)}`],
  ['MAILGUN_KEY', `key-${hex(32)}`],
  ['NOTION_TOKEN', `ntn_${mixed(46)}`],
  ['LINEAR_KEY', `lin_api_${mixed(40)}`],
  ['SHOPIFY_TOKEN', `shpat_${hex(32)}`],
  ['FIGMA_TOKEN', `figd_${mixed(43)}`],
  ['TAILSCALE_KEY', `tskey-auth-${mixed(16)}-${mixed(32)}`],
  ['DATABRICKS_TOKEN', `dapi${hex(32)}`],
  ['DOCKER_TOKEN', `dckr_pat_${mixed(27)}`],
  ['VAULT_TOKEN', `hvs.${mixed(92)}`],
  ['VERCEL_TOKEN', `vcp_${mixed(40)}`],
  ['GRAFANA_TOKEN', `glsa_${mixed(32)}_${hex(8)}`],
  ['TELEGRAM_TOKEN', `123456789:AA${mixed(33)}`],
  ['JWT', `eyJ${mixed(33)}.eyJ${mixed(60)}.${mixed(43)}`],
  ['PRIVATE_KEY', pem('RSA PRIVATE KEY')],
  ['PRIVATE_KEY', pem('PRIVATE KEY')],
  ['PRIVATE_KEY', pem('ENCRYPTED PRIVATE KEY')],
  ['PRIVATE_KEY', pem('PGP PRIVATE KEY BLOCK')],
];

export const IN_CONTEXT: readonly (readonly [
  before: string,
  credential: string,
  after: string,
  kind: string,
])[] = [
  ['aws_secret_access_key = ', mixed(40), '\n', 'AWS_KEY'],
  ['AWS_SECRET_ACCESS_KEY=', mixed(40), '', 'AWS_KEY'],
  ['{"SecretAccessKey": "', `${mixed(38)}/+`, '"}', 'AWS_KEY'],
  ["{'SessionToken': '", `${mixed(300)}==`, "'}", 'AWS_KEY'],
  ['&X-Amz-Signature=', hex(64), '&x=1', 'AWS_SIGNATURE'],
  ['AccountName=a;AccountKey=', `${mixed(86)}==`, ';EndpointSuffix=b', 'AZURE_KEY'],
  ['SharedAccessKey=', `${mixed(43)}=`, '', 'AZURE_KEY'],
  ['https://a.blob.core.windows.net/b?sv=2024&sig=', `${mixed(43)}%3D`, '&se=1', 'AZURE_KEY'],
  ['Authorization: Bearer ', mixed(40), '\r\n', 'BEARER_TOKEN'],
  ['authorization: bearer ', mixed(12), '', 'BEARER_TOKEN'],
  ["{'Authorization': 'Bearer ", mixed(40), "'}", 'BEARER_TOKEN'],
  [String.raw`{\"Authorization\": \"Bearer `, mixed(40), String.raw`\"}`, 'BEARER_TOKEN'],
  ['using Bearer ', mixed(40), ' now', 'BEARER_TOKEN'],
  ['Authorization: Basic ', `${mixed(22)}==`, '', 'BASIC_CREDENTIAL'],
  ['//registry.example/:_authToken=', mixed(36), '', 'NPM_TOKEN'],
  [
    'https://hooks.slack.com/services/',
    `T${upper(8)}/B${upper(8)}/${mixed(24)}`,
    '',
    'SLACK_WEBHOOK',
  ],
  ['postgres://bob:', 's3cr3t', '@db.local:5432/x', 'PASSWORD'],
  ['redis://:', 'p#s?s!w0rd', '@cache:6379/0', 'PASSWORD'],
  ['amqp://bob:', 'p@ss:word', '@host/vhost', 'PASSWORD'],
  ['https://bob:', `ghp_${mixed(36)}`, '@github.com/a/b', 'GITHUB_TOKEN'],
];

export const ORDINARY: readonly (readonly [name: string, text: string])[] = [
  ['a git hash', 'commit 7ee6388aa0b1c2d3e4f5a6b7c8d9e0f1a2b3c4d5'],
  ['a digest', `sha256:${hex(64)}  dist/app.tar.gz`],
  ['a UUID', 'id 123e4567-e89b-12d3-a456-426614174000'],
  ['base64 without a prefix', `${mixed(64)}\n${mixed(64)}\n${mixed(10)}==\n`],
  ['base64 of a JSON object', 'eyJhIjoxLCJiIjoyfQ=='],
  ['a certificate', `-----BEGIN CERTIFICATE-----\n${mixed(64)}\n-----END CERTIFICATE-----\n`],
  ['a public key', `-----BEGIN PUBLIC KEY-----\n${mixed(64)}\n-----END PUBLIC KEY-----\n`],
  [
    'a traceback',
    'Traceback (most recent call last):\n  File "/srv/app/main.py", line 12, in <module>\n    run(task)\nValueError: bad\n',
  ],
  ['an address with a port', 'GET http://localhost:8080/a?mail=a@b.example 200'],
  ['an address with a port and no path', 'http://localhost:8080?mail=a@b.example'],
  ['an address with a user', 'ssh://git@github.com:22/a/b.git'],
  ['words that end in a prefix', `task-${lower(30)} disk-${mixed(30)} xhf_${mixed(34)}`],
  ['names with a prefix', 'sk-learn-compatible-estimators npm_config_userconfig key-value'],
  [
    'prose about bearers',
    'Bearer authentication-required, see Bearer token_introspection_endpoint',
  ],
  ['prose about the header', 'Expected Authorization: Bearer <token>'],
  ['a placeholder', 'ANTHROPIC_API_KEY=sk-ant-... AWS_SECRET_ACCESS_KEY=***'],
  ['a version and a date', 'v1.20261023.1-beta 2026-11-23T05:34:38.123456Z 1.23e-45'],
  ['colours and emoji', '\u001b[31mfailed\u001b[0m \u{1f600} naïve \ud800 \u0000'],
];

export const HOSTILE: readonly string[] = [
  'a',
  'A',
  '0',
  ':',
  '@',
  '/',
  '"',
  ' ',
  '\n',
  '-',
  '\\n',
  '://',
  'a://a:',
  'sk-',
  'sk-ant-',
  '-eyJaaaaaaaa',
  'eyJaaaaaaaa.',
  'SG.aaaaaaaaaaaaaaaa.',
  'bearer ',
  'Authorization: ',
  'secret_access_key=',
  '-----BEGIN',
  '-----BEGIN PRIVATE KEY-----\n',
  '-----END PRIVATE KEY-----\n',
  '-----BEGIN A A A A ',
  `${'A'.repeat(64)}\n`,
  `${'A'.repeat(39)}\n`,
  '[REDACTED_',
  '\u001b[31m',
];

export function pem(label: string): string {
  const body = [mixed(64), mixed(64), mixed(64), mixed(23)].join('\n');
  return `-----BEGIN ${label}-----\nMII${body}=\n-----END ${label}-----`;
}

export function mixed(length: number): string {
  return repeated('aB3dE5gH7jK9mN1pQ2rS4tU6vW8xY0z', length);
}

export function upper(length: number): string {
  return repeated('Q3RT7YU2IOP5AS', length);
}

export function lower(length: number): string {
  return repeated('qwertyuiop', length);
}

export function hex(length: number): string {
  return repeated('0a1b2c3d4e5f', length);
}

export function repeated(unit: string, length: number): string {
  return unit.repeat(Math.ceil(length / unit.length)).slice(0, length);
}
