/** An IAM policy's statement with every field a list. */
export interface Statement {
  readonly actions: string[]
  readonly resources: string[]
  /** As in `Service lambda.amazonaws.com`. */
  readonly principals: string[]
  readonly condition: unknown
}

interface Raw {
  readonly Action?: string | string[]
  readonly Resource?: string | string[]
  readonly Principal?: Record<string, string | string[]>
  readonly Condition?: unknown
}

/** @param policy JSON text, or the document itself. */
export function statements(policy: unknown): Statement[] {
  const document = (typeof policy === 'string' ? JSON.parse(policy) : policy) as { Statement: Raw[] }
  return document.Statement.map((s) => ({
    actions: list(s.Action),
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
