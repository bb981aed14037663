import { callsOf } from './calls.ts'
import type { Graph, Resource } from './offline/graph-file.ts'
import { type Request, type Statement, statements } from './policy.ts'

/** Queries on the resources of one stage. */
export class Stage {
  readonly name: string
  readonly graph: Graph

  constructor(name: string, graph: Graph) {
    this.name = name
    this.graph = graph
  }

  /** Returns the resources of a type. `Table` matches every type that ends in `:Table`. */
  all(type: string): Resource[] {
    return this.graph.resources.filter(
      (resource) => resource.custom && (resource.type === type || resource.type.endsWith(`:${type}`)),
    )
  }

  /**
   * Returns the only resource of a type, or of a type and a logical name.
   * @throws Error that lists all resources of the type unless exactly one matches.
   */
  one(type: string, name?: string): Resource {
    const all = this.all(type)
    const [found, ...more] = name === undefined ? all : all.filter((resource) => resource.name === name)
    if (found && more.length === 0) return found
    throw new Error(
      `Expected one ${type} ${name ?? ''} in stage ${this.name}, got: ${all.map((resource) => resource.name).join(', ')}.`,
    )
  }

  /** Returns the number of resources of each type, sorted by type. */
  resourceCounts(): Record<string, number> {
    const count: Record<string, number> = {}
    for (const { type, custom } of this.graph.resources) if (custom) count[type] = (count[type] ?? 0) + 1
    return Object.fromEntries(Object.entries(count).sort(([left], [right]) => left.localeCompare(right)))
  }

  /**
   * Returns the AWS calls for the stage's resources.
   * @param only returns for a resource whether all its calls count, or only the reading ones.
   */
  resourceCalls(only: (resource: Resource) => 'all' | 'reads' = () => 'all'): Request[] {
    const { tags } = JSON.parse(this.graph.config['aws:defaultTags'] ?? '{}') as {
      tags: Record<string, string>
    }
    return this.graph.resources
      .filter(({ custom }) => custom)
      .flatMap((resource) => {
        const { reads, writes } = callsOf(resource, tags)
        return only(resource) === 'reads' ? reads : [...reads, ...writes]
      })
  }

  /** Returns the trust policy of a role. */
  trust(role: string): Statement[] {
    return statements(this.one('Role', role).inputs['assumeRolePolicy'])
  }

  /** Returns the statements of a role's inline policies, both its own and those of RolePolicy resources. */
  permissions(role: string): Statement[] {
    const { inputs, outputs } = this.one('Role', role)
    const inline = (inputs['inlinePolicies'] ?? []) as { policy: unknown }[]
    const attached = this.all('RolePolicy').filter((policy) => policy.inputs['role'] === outputs['name'])
    return [
      ...inline.map(({ policy }) => policy),
      ...attached.map((policy) => policy.inputs['policy']),
    ].flatMap(statements)
  }

  /** Returns the names of the AWS managed policies of a role. */
  managedPolicies(role: string): string[] {
    const { inputs, outputs } = this.one('Role', role)
    const arns = (inputs['managedPolicyArns'] ?? []) as string[]
    const attached = this.all('RolePolicyAttachment').filter(
      (attachment) => attachment.inputs['role'] === outputs['name'],
    )
    return [...arns, ...attached.map((attachment) => String(attachment.inputs['policyArn']))]
      .map((arn) => arn.split('/').at(-1) ?? arn)
      .sort()
  }

  /** Returns a function's environment variables. */
  environment(fn: string): Record<string, unknown> {
    const { variables } = this.one('Function', fn).inputs['environment'] as {
      variables: Record<string, unknown>
    }
    return variables
  }
}
