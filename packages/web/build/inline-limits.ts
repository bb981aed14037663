import { LIMITS } from '@warm-pods/core/limits.ts'
import type { Plugin } from 'vite'

/**
 * Replaces `LIMITS.key` by its value. The page uses a quarter of the table; the rest would add 0.4 KB of gzip to the first
 * load. Modules that pass the whole table on keep it.
 */
export function inlineLimits(): Plugin {
  return {
    name: 'inline-limits',
    apply: 'build',
    transform(code, id) {
      if (!/\/packages\/web\/src\//.test(id) || !code.includes('LIMITS.')) return undefined
      const inlined = code.replace(/\bLIMITS\.(\w+)/g, (text, key: string) =>
        key in LIMITS ? String(LIMITS[key as keyof typeof LIMITS]) : text,
      )
      return { code: inlined, map: null }
    },
  }
}
