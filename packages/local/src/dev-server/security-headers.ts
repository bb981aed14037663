import { createHash } from 'node:crypto'

const INLINE_SCRIPT = /<script(?![^>]*\ssrc=)[^>]*>([\s\S]*?)<\/script>/g

/**
 * Returns the security headers for a file of the page. Scripts may come from this origin only. The inline scripts of an HTML
 * document are allowed by their hash (CSP level 3, section 2.3.1), so injected ones do not run.
 * @param host the request's Host header, which must already be validated as this machine.
 */
export function securityHeaders(type: string, body: Buffer | string, host: string): Record<string, string> {
  const hashes = type.startsWith('text/html') ? inlineScripts(String(body)).map(hashSource) : []
  return {
    'content-security-policy': [
      "default-src 'self'",
      ["script-src 'self'", ...hashes].join(' '),
      // Charts and dialogs use style attributes for positions.
      "style-src 'self' 'unsafe-inline'",
      "img-src 'self' data: blob:",
      "font-src 'self' data:",
      "worker-src 'self' blob: data:",
      // 'self' does not cover WebSockets in every browser.
      `connect-src 'self' ws://${host}`,
      "object-src 'none'",
      "base-uri 'none'",
      "form-action 'self'",
      "frame-ancestors 'none'",
    ].join('; '),
    'cross-origin-opener-policy': 'same-origin',
    'cross-origin-resource-policy': 'same-origin',
    'referrer-policy': 'no-referrer',
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
  }
}

function inlineScripts(html: string): string[] {
  return [...html.matchAll(INLINE_SCRIPT)].map(([, script = '']) => script)
}

function hashSource(script: string): string {
  return `'sha256-${createHash('sha256').update(script).digest('base64')}'`
}
