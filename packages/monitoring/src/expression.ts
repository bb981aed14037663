/** Reads the series and the labels out of PromQL, as far as the tests of boards and alerts need it. */

/** A selector in an expression: the name of a series, and its label matchers. */
export interface Selector {
  readonly name: string
  readonly matchers: readonly { readonly label: string; readonly operator: string; readonly value: string }[]
}

const TOKEN = /"(?:[^"\\]|\\.)*"|[a-zA-Z_:][a-zA-Z0-9_:]*|\$\w+|\d+(?:\.\d+)?[a-z]*|=~|!~|!=|==|<=|>=|./gs
/** Keywords that stand where a series could stand. https://prometheus.io/docs/prometheus/latest/querying/operators/ */
const KEYWORDS = new Set(['and', 'or', 'unless', 'bool', 'offset', 'inf', 'nan', 'atan2'])
/** Keywords with a list of labels in parentheses. */
const LABEL_LISTS = new Set(['by', 'without', 'on', 'ignoring', 'group_left', 'group_right'])

/**
 * Returns the selectors of an expression, in order. It knows the grammar of selectors, functions and label lists. Prometheus itself
 * checks the rest (`promtool check rules`, and `npm run test:monitoring`).
 */
export function selectorsOf(expression: string): Selector[] {
  const tokens = (expression.match(TOKEN) ?? []).filter((token) => token.trim() !== '')
  const selectors: Selector[] = []
  for (let at = 0; at < tokens.length; at += 1) {
    const token = tokens[at] ?? ''
    const next = tokens[at + 1]
    if (token === '[') at = tokens.indexOf(']', at)
    else if (!/^[a-zA-Z_:]/.test(token) || KEYWORDS.has(token.toLowerCase())) continue
    else if (LABEL_LISTS.has(token)) at = next === '(' ? tokens.indexOf(')', at) : at
    else if (next === '(' || (next !== undefined && LABEL_LISTS.has(next))) continue
    else {
      const end = next === '{' ? tokens.indexOf('}', at) : at
      selectors.push({ name: token, matchers: matchersOf(tokens.slice(at + 2, end)) })
      at = end
    }
  }
  return selectors
}

function matchersOf(tokens: readonly string[]): Selector['matchers'] {
  const matchers = []
  for (let at = 0; at + 2 < tokens.length; at += 4) {
    const [label = '', operator = '', value = '""'] = tokens.slice(at, at + 3)
    matchers.push({ label, operator, value: String(JSON.parse(value)) })
  }
  return matchers
}

/** Returns the labels that an expression aggregates by, in any of its parts. */
export function groupingLabels(expression: string): string[] {
  const lists = [...expression.matchAll(/\b(?:by|on)\s*\(([^)]*)\)/g)]
  return lists.flatMap(([, list = '']) => list.split(',').map((label) => label.trim())).filter(Boolean)
}
