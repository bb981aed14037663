import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import type { Plugin } from 'vite'

/** As in vite.config.ts; what is missing or empty is left out. */
type Env = Readonly<Record<string, string | undefined>>

const POSTHOG = 'https://us.i.posthog.com'

/** What a page's head and foot can only be told by the build: policy, whole addresses, release. */
export function headOf(env: Env, base: string): Plugin {
  return {
    name: 'head-of-the-page',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { server }) => {
        const told = withAddresses(html, env, base).replaceAll('__RELEASE__', env.VITE_RELEASE ?? '')
        // The development server injects scripts of its own.
        return server ? told : withPolicy(told, env)
      },
    },
    // GitHub Pages serves it at any depth, so it has to name the base: a page of its own that needs nothing else.
    async generateBundle() {
      const html = await readFile(new URL('./404.html', import.meta.url), 'utf8')
      const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
      const source = html.replace('__STYLE__', hashOf(style)).replace('__BASE__', base)
      this.emitFile({ type: 'asset', fileName: '404.html', source })
    },
  }
}

/** Sites that show a link want whole addresses (The Open Graph protocol, "Basic Metadata"); without them, no picture. */
function withAddresses(html: string, env: Env, base: string): string {
  const site = env.VITE_SITE_URL ? new URL(base, env.VITE_SITE_URL).href : undefined
  if (!site) return html.replace(/^.*__SITE__.*\n/gm, '')
  return html.replaceAll('__SITE__', site)
}

/**
 * GitHub Pages cannot send headers, so the policy is a meta tag, written by the build because it knows the hash of the
 * inline theme script and the origins that the page talks to.
 */
function withPolicy(html: string, env: Env): string {
  const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, code = '']) => code)
  const hashes = inline.map(hashOf)
  const policy = [
    "default-src 'none'",
    ["script-src 'self'", ...hashes].join(' '),
    "style-src 'self'",
    "img-src 'self'",
    "worker-src 'self'",
    ["connect-src 'self'", ...originsOf(env)].join(' '),
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ')
  return html.replace(
    '<meta charset="utf-8" />',
    `$&\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
  )
}

/** An inline part as a source expression (Content Security Policy level 3, section 2.3.1). */
function hashOf(code: string): string {
  return `'sha256-${createHash('sha256').update(code).digest('base64')}'`
}

function originsOf(env: Env): string[] {
  const api = origin(env.VITE_API_BASE)
  const gateway = origin(env.VITE_GATEWAY_URL)
  const posthog = env.VITE_PUBLIC_POSTHOG_KEY ? origin(env.VITE_PUBLIC_POSTHOG_HOST || POSTHOG) : undefined
  // Sockets of pods may be on the API's own origin.
  const all = [api, api?.replace(/^http/, 'ws'), gateway?.replace(/^http/, 'ws'), posthog]
  return [...new Set(all.filter((one) => one !== undefined))]
}

function origin(url: string | undefined): string | undefined {
  return url && /^(https?|wss?):/.test(url) ? new URL(url).origin : undefined
}
