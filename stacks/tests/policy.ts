/** An IAM policy's statement with every field a list. */
export interface Statement {
  readonly effect: 'Allow' | 'Deny'
  readonly actions: string[]
  /** All but these. */
  readonly notActions: string[]
  readonly resources: string[]
  /** As in `Service lambda.amazonaws.com`. */
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

/** @param policy JSON text, or the document itself. */
export function statements(policy: unknown): Statement[] {
  const document = (typeof policy === 'string' ? JSON.parse(policy) : policy) as { Statement: Raw[] }
  return document.Statement.map((s) => ({
    effect: s.Effect,
    actions: list(s.Action),
    notActions: list(s.NotAction),
    resources: list(s.Resource),
    principals: Object.entries(s.Principal ?? {}).flatMap(([kind, who]) =>
      list(who).map((one) => `${kind} ${one}`),
    ),
    condition: s.Condition,
  }))
}

function list(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : [value].flat()
}

/** Whether an action on a resource is allowed: by what names it, and by no denial. Conditions are the caller's to look at. */
export function allowing(all: readonly Statement[], action: string, resource: string): Statement[] {
  const fits = (patterns: readonly string[], value: string): boolean =>
    patterns.some((pattern) => new RegExp(`^${pattern.replaceAll('*', '.*')}$`).test(value))
  const meant = all.filter((s) => {
    const isAction = s.notActions.length > 0 ? !fits(s.notActions, action) : fits(s.actions, action)
    return isAction && fits(s.resources, resource)
  })
  return meant.some((s) => s.effect === 'Deny') ? [] : meant
}
