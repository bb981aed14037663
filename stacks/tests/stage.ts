import type { Graph, Resource } from './offline/graph-file.ts'
import { type Statement, statements } from './policy.ts'

/** What one stage would be made of, and questions to ask of it. */
export class Stage {
  readonly name: string
  readonly graph: Graph

  constructor(name: string, graph: Graph) {
    this.name = name
    this.graph = graph
  }

  /** Resources of a type; `Function` means `aws:lambda/function:Function` and its like. */
  all(type: string): Resource[] {
    return this.graph.resources.filter((r) => r.custom && (r.type === type || r.type.endsWith(`:${type}`)))
  }

  /** @throws Error that lists what there is when it is not exactly one. */
  one(type: string, name?: string): Resource {
    const all = this.all(type)
    const [found, ...more] = name === undefined ? all : all.filter((r) => r.name === name)
    if (found && more.length === 0) return found
    throw new Error(
      `Stage ${this.name} has not one ${type} ${name ?? ''}, but: ${all.map((r) => r.name).join(', ')}.`,
    )
  }

  /** How many there are of each type. */
  census(): Record<string, number> {
    const count: Record<string, number> = {}
    for (const { type, custom } of this.graph.resources) if (custom) count[type] = (count[type] ?? 0) + 1
    return Object.fromEntries(Object.entries(count).sort(([a], [b]) => a.localeCompare(b)))
  }

  /** Who may assume a role. */
  trust(role: string): Statement[] {
    return statements(this.one('Role', role).inputs['assumeRolePolicy'])
  }

  /** What a role may do: its inline policies, wherever they are declared. */
  permissions(role: string): Statement[] {
    const { inputs, outputs } = this.one('Role', role)
    const inline = (inputs['inlinePolicies'] ?? []) as { policy: unknown }[]
    const attached = this.all('RolePolicy').filter((p) => p.inputs['role'] === outputs['name'])
    return [...inline.map((p) => p.policy), ...attached.map((p) => p.inputs['policy'])].flatMap(statements)
  }

  /** Names of AWS' own policies that a role holds. */
  managedPolicies(role: string): string[] {
    const { inputs, outputs } = this.one('Role', role)
    const arns = (inputs['managedPolicyArns'] ?? []) as string[]
    const attached = this.all('RolePolicyAttachment').filter((a) => a.inputs['role'] === outputs['name'])
    return [...arns, ...attached.map((a) => String(a.inputs['policyArn']))]
      .map((arn) => arn.split('/').at(-1) ?? arn)
      .sort()
  }

  /** A function's environment. */
  environment(fn: string): Record<string, unknown> {
    const { variables } = this.one('Function', fn).inputs['environment'] as {
      variables: Record<string, unknown>
    }
    return variables
  }
}
