import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { LIMITS, type Limits } from '@warm-pods/core/limits.ts'
import type { Plugin } from 'vite'
import { HEADLINE } from '../src/copy/first-paint.ts'
import { inWords } from '../src/lib/in-words.ts'

/** As in vite.config.ts. A missing or empty variable leaves its part out of the page. */
type Env = Readonly<Record<string, string | undefined>>

const POSTHOG = 'https://us.i.posthog.com'

/** Writes the parts of index.html that only the build knows: policy, whole addresses, release, limits. */
export function headOf(env: Env, base: string): Plugin {
  return {
    name: 'head-of-the-page',
    transformIndexHtml: {
      order: 'post',
      handler: (html, { server, bundle = {} }) => {
        const filled = withLimits(withAddresses(html, env, base))
          .replaceAll('__RELEASE__', env.VITE_RELEASE ?? '')
          .replace('__BYLINE__', () => byline(env))
        const worker = Object.keys(bundle).find((file) => /^assets\/probe\.worker-[\w-]+\.js$/.test(file))
        const started = withHeadStart(filled, worker && `${base}${worker}`, env.VITE_API_BASE ?? '/api')
        // The development server injects scripts of its own.
        return server ? started : withPolicy(withConnections(started, env), env)
      },
    },
    // GitHub Pages serves 404.html at any depth, so the file names the base and needs no other file.
    async generateBundle() {
      const html = await readFile(new URL('./404.html', import.meta.url), 'utf8')
      const style = /<style>([\s\S]*?)<\/style>/.exec(html)?.[1] ?? ''
      const source = html.replace('__STYLE__', hashOf(style)).replace('__BASE__', base)
      this.emitFile({ type: 'asset', fileName: '404.html', source })
    },
  }
}

/** Fills in the script that claims a pod early. A page without an API or without a built worker has no such script. */
function withHeadStart(html: string, worker: string | undefined, api: string): string {
  if (!api || !worker)
    return html.replace(/ *<script>(?:(?!<\/script>)[\s\S])*__API__[\s\S]*?<\/script>\n/, '')
  return html.replace('__API__', api.replace(/\/$/, '')).replace('__WORKER__', worker)
}

/** Lets the browser connect to the gateway while the claim is on its way (Resource Hints, "preconnect"). */
function withConnections(html: string, env: Env): string {
  const gateway = origin(env.VITE_GATEWAY_URL)?.replace(/^ws/, 'http')
  if (!gateway || gateway === origin(env.VITE_API_BASE)) return html
  return html.replace(
    '<meta charset="utf-8" />',
    `$&\n    <link rel="preconnect" href="${gateway}" crossorigin />`,
  )
}

/** Fills in the limits that the page's text states. */
export function withLimits(html: string, { target, pingMs }: Limits = LIMITS): string {
  return html
    .replaceAll('__TARGET__', inWords(target))
    .replaceAll('__PINGS_A_SECOND__', inWords(1_000 / pingMs))
    .replace('__HELD__', HEADLINE.live.warm.replace('{target}', `${target}`))
}

/**
 * Returns the HTML of the line below the lead: the page's audience, its owner, and links. Without an owner or a source it leaves
 * out their part.
 * @throws when a URL is not one of `https:`, `http:` or, for the owner, `mailto:`.
 */
export function byline({ VITE_OWNER_NAME: name, VITE_OWNER_URL: url, VITE_SOURCE_URL: source }: Env): string {
  const owner = name && (url ? link('VITE_OWNER_URL', url, name, /^(https?|mailto):/) : escaped(name))
  return [
    `${owner ? `Built by ${owner} for` : 'Built for'} engineers who start servers on demand.`,
    '<a class="link whitespace-nowrap" href="#how">How this works</a>',
    ...(source ? [link('VITE_SOURCE_URL', source, 'Source', /^https?:/)] : []),
  ].join(' ')
}

function link(variable: string, url: string, text: string, schemes: RegExp): string {
  if (!schemes.test(url)) throw new Error(`Expected a web address in ${variable}, got ${JSON.stringify(url)}`)
  return `<a class="link" href="${escaped(url)}">${escaped(text)}</a>`
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`)
}

/** The Open Graph protocol ("Basic Metadata") needs whole addresses. Without a site's URL the page has no picture. */
function withAddresses(html: string, env: Env, base: string): string {
  const site = env.VITE_SITE_URL ? new URL(base, env.VITE_SITE_URL).href : undefined
  if (!site) return html.replace(/^.*__SITE__.*\n/gm, '')
  return html.replaceAll('__SITE__', site)
}

/**
 * Adds the policy as a meta tag, because GitHub Pages cannot send headers. The build knows the hash of the inline theme
 * script and the origins that the page connects to.
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

/** Returns the source expression of an inline part (Content Security Policy level 3, section 2.3.1). */
function hashOf(code: string): string {
  return `'sha256-${createHash('sha256').update(code).digest('base64')}'`
}

function originsOf(env: Env): string[] {
  const api = origin(env.VITE_API_BASE)
  const gateway = origin(env.VITE_GATEWAY_URL)
  const posthog = env.VITE_PUBLIC_POSTHOG_KEY ? origin(env.VITE_PUBLIC_POSTHOG_HOST || POSTHOG) : undefined
  // The pods' sockets may be on the API's origin.
  const all = [api, api?.replace(/^http/, 'ws'), gateway?.replace(/^http/, 'ws'), posthog]
  return [...new Set(all.filter((one) => one !== undefined))]
}

function origin(url: string | undefined): string | undefined {
  return url && /^(https?|wss?):/.test(url) ? new URL(url).origin : undefined
}
