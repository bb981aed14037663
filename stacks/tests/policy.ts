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

/**
 * Returns the Allow statements for an action on a resource, or none if any statement denies it.
 * Conditions are ignored; the caller checks them.
 */
export function allowing(all: readonly Statement[], action: string, resource: string): Statement[] {
  const fits = (patterns: readonly string[], value: string): boolean =>
    patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(value))
  const matching = all.filter(({ actions, notActions, resources }) => {
    const coversAction = notActions.length > 0 ? !fits(notActions, action) : fits(actions, action)
    return coversAction && fits(resources, resource)
  })
  return matching.some(({ effect }) => effect === 'Deny') ? [] : matching
}
