/**
 * Returns the alias of a resource that was deployed without an SST component around it, under this logical name.
 * Pulumi then updates the deployed resource in place. Without the alias it would create a new one and delete the old.
 * An alias may go once every stage has been deployed with its component.
 * https://www.pulumi.com/docs/iac/concepts/options/aliases/
 */
export function rootAlias(name: string): $util.Alias {
  return { name, parent: $util.rootStackResource }
}
