import { createHash } from 'node:crypto'
import { fileURLToPath } from 'node:url'
import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig, loadEnv, type Plugin } from 'vite'

/**
 * `VITE_BASE`: path the page is served under (GitHub Pages: `/repository/`). `VITE_API_BASE`: URL of the API, by default
 * `/api` of the same origin. `VITE_SOURCE_URL`: where the source lives; without it there is no link.
 */
export default defineConfig(({ mode }) => {
  const env = loadEnv(mode, import.meta.dirname, 'VITE_')
  return {
    root: import.meta.dirname,
    base: env.VITE_BASE ?? '/',
    plugins: [react(), tailwindcss(), contentSecurityPolicy(env.VITE_API_BASE)],
    resolve: { alias: { '@': fileURLToPath(new URL('./src', import.meta.url)) } },
    worker: { format: 'es' },
    // Everything is a file of its own: a data: URL for a worker or an icon would need holes in the policy.
    build: {
      outDir: 'dist',
      target: 'es2024',
      assetsInlineLimit: 0,
      modulePreload: { polyfill: false },
      rolldownOptions: {
        // One file for all that comes before the first paint: two of them compress worse, and are two requests.
        output: { codeSplitting: { groups: [{ name: 'first', tags: ['$initial'] }] } },
      },
    },
    server: {
      port: 5300,
      proxy: {
        '/api': { target: 'http://localhost:4400' },
        '/pod': { target: 'http://localhost:4400', ws: true },
      },
    },
  }
})

/**
 * GitHub Pages cannot send headers, so the policy is a meta tag, written by the build because it knows the hash of the
 * inline theme script and the API's origin.
 */
function contentSecurityPolicy(apiBase: string | undefined): Plugin {
  return {
    name: 'content-security-policy',
    apply: 'build',
    transformIndexHtml: {
      order: 'post',
      handler: (html) => {
        const inline = [...html.matchAll(/<script>([\s\S]*?)<\/script>/g)].map(([, code = '']) => code)
        const hashes = inline.map((code) => `'sha256-${createHash('sha256').update(code).digest('base64')}'`)
        const policy = [
          "default-src 'none'",
          `script-src 'self' ${hashes.join(' ')}`,
          "style-src 'self'",
          "img-src 'self'",
          "worker-src 'self'",
          `connect-src 'self' ${originsOf(apiBase)}`.trimEnd(),
          "base-uri 'none'",
          "form-action 'none'",
        ].join('; ')
        return html.replace(
          '<meta charset="utf-8" />',
          `$&\n    <meta http-equiv="Content-Security-Policy" content="${policy}" />`,
        )
      },
    },
  }
}

function originsOf(apiBase: string | undefined): string {
  if (!apiBase?.startsWith('http')) return ''
  const { origin } = new URL(apiBase)
  return `${origin} ${origin.replace(/^http/, 'ws')}`
}
