import { describe, expect, it } from 'vitest';
import { redact } from '../../gemini/classification/redact.ts';
import { ErrorUtils, GoogleApiErrorHandler } from '../../gemini/errorUtils.ts';

const key = `AIza${'SyFAKE0'.repeat(5)}`;
const token = `ya29.${'a0Fake_-'.repeat(8)}`;
const jwt = `eyJ${'hbGciOi'.repeat(4)}.eyJ${'zdWIiOi'.repeat(4)}.c2lnbmF0dXJl`;
const pem = `-----BEGIN PRIVATE KEY-----\n${'MIIEvFAKE'.repeat(9)}\n-----END PRIVATE KEY-----`;

//  what it is, text, the secret in it, what stays
const rows: readonly (readonly [string, string, string, string])[] = [
  ['an API key', `Consumer 'api_key:${key}' has been suspended.`, key, 'has been suspended.'],
  ['an API key in a URL', `https://x.example/v1?key=${key}&alt=sse`, key, 'alt=sse'],
  ['any key in a URL', 'https://x.example/v1?key=s3cr3tvalue&alt=sse', 's3cr3tvalue', 'alt=sse'],
  ['a token in a URL', 'wss://x.example/?access_token=s3cr3tvalue more', 's3cr3tvalue', 'more'],
  ['a key header', `{"x-goog-api-key": "${'k'.repeat(30)}"}`, 'k'.repeat(30), 'x-goog-api-key'],
  ['a bearer token', `Authorization: Bearer ${'t'.repeat(30)}`, 't'.repeat(30), 'Bearer'],
  ['an access token', `token ${token} refused`, token, 'refused'],
  ['a refresh token', `1//0${'refresh_'.repeat(6)} refused`, '1//0refresh_', 'refused'],
  ['a JWT', `assertion ${jwt} refused`, jwt, 'refused'],
  ['a private key', `key ${pem} refused`, 'MIIEvFAKE', 'refused'],
  ['a private key that was cut', `key ${pem.slice(0, 60)}`, 'MIIEvFAKE', 'key'],
  ['a private key in JSON', `"private_key": "${pem.replaceAll('\n', '\\n')}"`, 'MIIEvFAKE', 'private_key'],
  ['a client secret', '{"client_secret":"abcdefgh12345"}', 'abcdefgh12345', 'client_secret'],
  ['an escaped client secret', '{\\"client_secret\\":\\"abcdefgh12345\\"}', 'abcdefgh12345', 'client_secret'],
  ["Google's form of one", 'GOCSPX-abcdefgh12345 refused', 'abcdefgh12345', 'refused'],
  ['a refresh token by name', 'refresh_token=abcdefgh12345&x=1', 'abcdefgh12345', 'x=1'],
  ['an ephemeral token', 'auth_tokens/abcdefgh12345 expired', 'abcdefgh12345', 'auth_tokens/[redacted] expired'],
];

describe('redact', () => {
  it.each(rows)('removes %s and keeps the rest', (_, text, secret, rest) => {
    expect(redact(text)).not.toContain(secret);
    expect(redact(text)).toContain(rest);
  });

  it('removes values that are known to be secret', () => {
    expect(redact('the pass phrase is open-sesame.', ['open-sesame'])).toBe('the pass phrase is [redacted].');
  });

  it('leaves words alone that a short secret would blank out', () => {
    expect(redact('an apple a day', ['a', ''])).toBe('an apple a day');
  });

  it('leaves an error alone that holds no secret', () => {
    const text = 'The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).';
    expect(redact(text)).toBe(text);
  });

  it('changes nothing the second time', () => {
    for (const [, text] of rows) expect(redact(redact(text))).toBe(redact(text));
  });
});

describe('a failure', () => {
  it('shows no secret in any field, log line or user message', () => {
    for (const [, text, secret] of rows) {
      for (const caught of [
        new Error(text),
        { status: 403, body: text },
        { status: 400, body: { error: { code: 400, message: text } } },
      ]) {
        expect(JSON.stringify(GoogleApiErrorHandler.classify(caught))).not.toContain(secret);
        expect(ErrorUtils.describe(caught) + ErrorUtils.toUserMessage(caught)).not.toContain(secret);
      }
    }
  });

  it('shows no part of a secret that stands where the message is cut', () => {
    for (let padding = 1_960; padding < 2_010; padding += 1) {
      const { message } = GoogleApiErrorHandler.classify(new Error(`${'x '.repeat(padding / 2)}key=1 ${key}`));
      expect(message).not.toContain('AIzaSy');
    }
  });
});
