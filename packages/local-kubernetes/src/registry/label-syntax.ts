/** The grammars of names and labels in k8s.io/apimachinery/pkg/util/validation, with its error texts. */

const SUBDOMAIN = '[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*'
const LABEL = '[a-z0-9]([-a-z0-9]*[a-z0-9])?'
const VALUE = '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?'
const QUALIFIED = '([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]'
const whole = (pattern: string): RegExp => new RegExp(`^(?:${pattern})$`)
const subdomain = whole(SUBDOMAIN)
const label = whole(LABEL)
const value = whole(VALUE)
const qualified = whole(QUALIFIED)

/** Returns the errors of a DNS-1123 subdomain (the names of most objects); empty when it is valid. */
export function subdomainProblems(name: string): string[] {
  const problems = name.length > 253 ? ['must be no more than 253 bytes'] : []
  if (!subdomain.test(name))
    problems.push(
      `a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character (e.g. 'example.com', regex used for validation is '${SUBDOMAIN}')`,
    )
  return problems
}

/** Returns the errors of a DNS-1123 label (namespaces, containers). */
export function dnsLabelProblems(name: string): string[] {
  const problems = name.length > 63 ? ['must be no more than 63 bytes'] : []
  if (!label.test(name))
    problems.push(
      `a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character (e.g. 'my-name',  or '123-abc', regex used for validation is '${LABEL}')`,
    )
  return problems
}

/** Returns the errors of a label's value: at most 63 characters, alphanumeric at both ends. */
export function labelValueProblems(text: string): string[] {
  const problems = text.length > 63 ? ['must be no more than 63 bytes'] : []
  if (!value.test(text))
    problems.push(
      `a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used for validation is '${VALUE}')`,
    )
  return problems
}

function namePartProblems(name: string): string[] {
  if (name.length === 0) return ['name part must be non-empty']
  const problems = name.length > 63 ? ['name part must be no more than 63 bytes'] : []
  if (!qualified.test(name))
    problems.push(
      `name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}')`,
    )
  return problems
}

/** Returns the errors of the key of a label or an annotation: `name` or `prefix/name`. */
export function qualifiedNameProblems(key: string): string[] {
  const parts = key.split('/')
  const [first = '', second] = parts
  if (parts.length > 2)
    return [
      `a valid label key must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is '${QUALIFIED}') with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')`,
    ]
  if (second === undefined) return namePartProblems(first)
  const prefix = first.length === 0 ? ['prefix part must be non-empty'] : subdomainProblems(first)
  return [
    ...prefix.map((problem) => (first ? `prefix part ${problem}` : problem)),
    ...namePartProblems(second),
  ]
}
