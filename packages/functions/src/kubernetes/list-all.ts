import type { Listed, Page } from './api-client.ts'
import { statusOf } from './errors.ts'

/** Objects of one page, as kubectl asks for. */
const PAGE = 500
/** The list has changed too much since its first page, or that page is too old. */
const EXPIRED = 410

/** A whole list. `resourceVersion` belongs to its first page, and all pages show the objects of that version. */
export interface WholeList<Item> {
  readonly items: readonly Item[]
  readonly resourceVersion: string
}

/**
 * Reads every page of a list. When the API server answers that the list has expired, it is read once more in one page, as the
 * pager of client-go does. Other errors of the client pass through.
 * https://kubernetes.io/docs/reference/using-api/api-concepts/#retrieving-large-results-sets-in-chunks
 */
export async function listAll<Item>(
  list: (page: Listed) => Promise<Page<Item>>,
  selected: Pick<Listed, 'labelSelector' | 'namespace'>,
): Promise<WholeList<Item>> {
  const items: Item[] = []
  let resourceVersion = ''
  let from: string | undefined
  do {
    let page: Page<Item>
    try {
      page = await list({ ...selected, limit: PAGE, ...(from ? { continue: from } : {}) })
    } catch (error) {
      if (from === undefined || statusOf(error)?.code !== EXPIRED) throw error
      const whole = await list(selected)
      return { items: whole.items, resourceVersion: whole.metadata?.resourceVersion ?? '' }
    }
    items.push(...page.items)
    if (from === undefined) resourceVersion = page.metadata?.resourceVersion ?? ''
    from = page.metadata?.continue || undefined
  } while (from !== undefined)
  return { items, resourceVersion }
}
