import type { Plugin } from 'vite'

const HELPER = /function _objectSpread\(e\) \{ for \(.*?return e; \}\n/
const FAST = 'function _objectSpread(target, ...sources) { return Object.assign(target, ...sources); }\n'

/**
 * Gives Recharts a faster object spread. Recharts is published with Babel's helper, which defines each property by a call
 * of its own. A `Line` copies two objects for each point, and the helper took a fifth of each frame (ADR 21).
 */
export function fastRechartsSpread(): Plugin {
  return {
    name: 'fast-recharts-spread',
    apply: 'build',
    transform(code, id) {
      if (!id.includes('/node_modules/recharts/es6/')) return undefined
      const fast = withFastSpread(code)
      return fast === undefined ? undefined : { code: fast, map: null }
    },
  }
}

/** Returns the code with the helper replaced; undefined when it has no helper. */
export function withFastSpread(code: string): string | undefined {
  return HELPER.test(code) ? code.replace(HELPER, FAST) : undefined
}
