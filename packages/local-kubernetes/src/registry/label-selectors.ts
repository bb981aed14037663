/**
 * Label selectors: the text form of a query (`a=b,c in (d,e),!f`) and the object form of a Job. Grammar and errors
 * follow k8s.io/apimachinery/pkg/labels.
 */

import { badRequest } from '../apimachinery/status.ts'
import type { LabelSelector } from '../types.ts'
import { labelValueProblems, qualifiedNameProblems } from './label-syntax.ts'

export type Labels = Record<string, string> | undefined
export type LabelMatch = (labels: Labels) => boolean
type Operator = 'in' | 'notin' | 'exists' | 'absent' | 'gt' | 'lt'
interface Requirement {
  key: string
  operator: Operator
  values: readonly string[]
}

const everything: LabelMatch = () => true

function holds({ key, operator, values }: Requirement, labels: Labels): boolean {
  const value = labels?.[key]
  switch (operator) {
    case 'in':
      return value !== undefined && values.includes(value)
    case 'notin':
      return value === undefined || !values.includes(value)
    case 'exists':
      return value !== undefined
    case 'absent':
      return value === undefined
    case 'gt':
      return value !== undefined && Number(value) > Number(values[0])
    case 'lt':
      return value !== undefined && Number(value) < Number(values[0])
    default:
      return operator satisfies never
  }
}

const matchAll =
  (requirements: readonly Requirement[]): LabelMatch =>
  (labels) =>
    requirements.every((requirement) => holds(requirement, labels))

const fail = (why: string) => badRequest(`unable to parse requirement: ${why}`)

/** Reads one token at a time: words, and the symbols `= == != in notin ( ) , ! < >`. */
function tokenizer(text: string) {
  const tokens = text.match(/==|!=|[=!(),<>]|[^\s=!(),<>]+/g) ?? []
  let at = 0
  return {
    peek: (): string => tokens[at] ?? '',
    next: (): string => tokens[at++] ?? '',
  }
}
const isSymbol = (token: string): boolean => token === '' || /^(==|!=|[=!(),<>])$/.test(token)

function parseValues(tokens: ReturnType<typeof tokenizer>): string[] {
  const open = tokens.next()
  if (open !== '(') throw fail(`found '${open}' expected: '('`)
  const values: string[] = []
  for (;;) {
    values.push(isSymbol(tokens.peek()) ? '' : tokens.next())
    const separator = tokens.next()
    if (separator === ')') return values
    if (separator !== ',') throw fail(`found '${separator}', expected: ',' or ')'`)
  }
}

function parseOperation(key: string, tokens: ReturnType<typeof tokenizer>): Requirement {
  const operator = tokens.peek()
  if (operator === '' || operator === ',') return { key, operator: 'exists', values: [] }
  tokens.next()
  if (operator === 'in' || operator === 'notin') return { key, operator, values: parseValues(tokens) }
  const value = isSymbol(tokens.peek()) && tokens.peek() !== '' && tokens.peek() !== ',' ? undefined : ''
  if (value === undefined) throw fail(`found '${tokens.peek()}', expected: identifier`)
  const operand = tokens.peek() === ',' ? '' : tokens.next()
  if (operator === '=' || operator === '==') return { key, operator: 'in', values: [operand] }
  if (operator === '!=') return { key, operator: 'notin', values: [operand] }
  if (operator === '>' || operator === '<')
    return { key, operator: operator === '>' ? 'gt' : 'lt', values: [operand] }
  throw fail(`found '${operator}', expected: in, notin, =, ==, !=, gt, lt`)
}

function checked(requirement: Requirement): Requirement {
  const [keyProblem] = qualifiedNameProblems(requirement.key)
  if (keyProblem) throw fail(`key: Invalid value: ${JSON.stringify(requirement.key)}: ${keyProblem}`)
  requirement.values.forEach((value, index) => {
    if (/^[gl]t$/.test(requirement.operator) && !/^-?\d+$/.test(value))
      throw fail(
        `values[0]: Invalid value: ${JSON.stringify(value)}: for 'Gt', 'Lt' operators, the value must be an integer`,
      )
    const [problem] = labelValueProblems(value)
    if (problem)
      throw fail(`values[${index}][${requirement.key}]: Invalid value: ${JSON.stringify(value)}: ${problem}`)
  })
  return requirement
}

function badKey(found: string, negated: boolean, afterComma: boolean): Error {
  if (negated) return fail(`found '${found}', expected: identifier`)
  const expected = afterComma ? "identifier after ','" : "!, identifier, or 'end of string'"
  return badRequest(`found '${found}', expected: ${expected}`)
}

/**
 * Parses the `labelSelector` of a query.
 * @throws StatusError 400 for a malformed selector.
 */
export function parseLabelSelector(text: string): LabelMatch {
  if (text.trim() === '') return everything
  const tokens = tokenizer(text)
  const requirements: Requirement[] = []
  for (;;) {
    const negated = tokens.peek() === '!'
    if (negated) tokens.next()
    const key = tokens.next()
    if (isSymbol(key)) throw badKey(key, negated, requirements.length > 0)
    requirements.push(
      checked(negated ? { key, operator: 'absent', values: [] } : parseOperation(key, tokens)),
    )
    const separator = tokens.next()
    if (separator === '') return matchAll(requirements)
    if (separator !== ',') throw fail(`found '${separator}', expected: ',' or 'end of string'`)
  }
}

const OPERATORS: Record<string, Operator> = {
  In: 'in',
  NotIn: 'notin',
  Exists: 'exists',
  DoesNotExist: 'absent',
}

function requirementsOf(selector: LabelSelector): Requirement[] {
  const equal = Object.entries(selector.matchLabels ?? {}).map(
    ([key, value]): Requirement => ({ key, operator: 'in', values: [value] }),
  )
  const sets = (selector.matchExpressions ?? []).map(
    ({ key, operator, values }): Requirement => ({
      key,
      operator: OPERATORS[operator] ?? 'absent',
      values: values ?? [],
    }),
  )
  return [...equal, ...sets]
}

/** Returns a predicate for the selector of a Job. */
export function labelSelectorMatch(selector: LabelSelector): LabelMatch {
  return matchAll(requirementsOf(selector))
}

/** Formats a selector as `kubectl get -o wide` prints it: `a=b,c in (d,e)`. */
export function formatLabelSelector(selector: LabelSelector | undefined): string {
  const parts = requirementsOf(selector ?? {}).map(({ key, operator, values }) => {
    if (operator === 'in' && values.length === 1) return `${key}=${values[0]}`
    if (operator === 'in' || operator === 'notin') return `${key} ${operator} (${values.join(',')})`
    return operator === 'exists' ? key : `!${key}`
  })
  return parts.length > 0 ? parts.sort().join(',') : '<none>'
}
