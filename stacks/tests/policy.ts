/** A statement of an IAM policy, with every field as a list. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  readonly actions: string[]
  /** The statement covers every action except these. */
  readonly notActions: string[]
  readonly resources: string[]
  /** Such as `Service lambda.amazonaws.com`. */
  readonly principals: string[]
  readonly condition: unknown
}

interface Raw {
  readonly Effect: 'Allow' | 'Deny'
  readonly Action?: string | string[]
  readonly NotAction?: string | string[]
  readonly Resource?: string | string[]
  readonly Principal?: Record<string, string | string[]>
  readonly Condition?: unknown
}

/** Returns the statements of a policy. @param policy JSON text or a parsed document. */
export function statements(policy: unknown): Statement[] {
  const document = (typeof policy === 'string' ? JSON.parse(policy) : policy) as { Statement: Raw[] }
  return document.Statement.map((raw) => ({
    effect: raw.Effect,
    actions: list(raw.Action),
    notActions: list(raw.NotAction),
    resources: list(raw.Resource),
    principals: Object.entries(raw.Principal ?? {}).flatMap(([kind, principals]) =>
      list(principals).map((principal) => `${kind} ${principal}`),
    ),
    condition: raw.Condition,
  }))
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat()
}

/** One call of an AWS API, as IAM judges it. */
export interface Request {
  readonly action: string
  readonly resource: string
  /** Values of condition keys, such as `aws:RequestTag/stage`. */
  readonly context?: Readonly<Record<string, string>>
}

/**
 * Returns whether the statements allow a request: at least one Allow matches with its conditions, and no Deny does.
 * https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
 * @throws Error for a condition operator that this evaluator does not know.
 */
export function permits(all: readonly Statement[], request: Request): boolean {
  const { action, resource, context = {} } = request
  const matching = all.filter(
    (statement) => covers(statement, action, resource) && conditionsHold(statement.condition, context),
  )
  return (
    matching.some(({ effect }) => effect === 'Allow') && !matching.some(({ effect }) => effect === 'Deny')
  )
}

/**
 * Returns the Allow statements for an action on a resource, or none if any statement denies it.
 * Conditions are ignored; the caller checks them.
 */
export function allowing(all: readonly Statement[], action: string, resource: string): Statement[] {
  const matching = all.filter((statement) => covers(statement, action, resource))
  return matching.some(({ effect }) => effect === 'Deny') ? [] : matching
}

function covers({ actions, notActions, resources }: Statement, action: string, resource: string): boolean {
  // IAM compares actions without regard to case.
  const fitsAction = (patterns: readonly string[]): boolean =>
    patterns.some((pattern) => fits(pattern.toLowerCase(), action.toLowerCase()))
  const coversAction = notActions.length > 0 ? !fitsAction(notActions) : fitsAction(actions)
  return coversAction && resources.some((pattern) => fits(pattern, resource))
}

/** `*` stands for any characters, `?` for one. */
function fits(pattern: string, value: string): boolean {
  const source = pattern
    .replaceAll(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.')
  return new RegExp(`^${source}$`).test(value)
}

/** A positive operator does not match a key that the request lacks, and a negated one does. */
const OPERATORS: Readonly<
  Record<string, (value: string | undefined, expected: readonly string[]) => boolean>
> = {
  StringEquals: (value, expected) => value !== undefined && expected.includes(value),
  StringLike: (value, expected) => value !== undefined && expected.some((pattern) => fits(pattern, value)),
  StringNotEquals: (value, expected) => value === undefined || !expected.includes(value),
  StringNotLike: (value, expected) =>
    value === undefined || !expected.some((pattern) => fits(pattern, value)),
}

function conditionsHold(condition: unknown, context: Readonly<Record<string, string>>): boolean {
  const operators = Object.entries((condition ?? {}) as Record<string, Record<string, string | string[]>>)
  return operators.every(([name, keys]) => {
    const operator = OPERATORS[name]
    if (!operator) throw new Error(`stacks/tests/policy.ts does not know the condition operator ${name}.`)
    return Object.entries(keys).every(([key, expected]) => operator(context[key], list(expected)))
  })
}
