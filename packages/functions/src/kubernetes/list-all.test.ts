import { ApiException } from '@kubernetes/client-node/dist/gen/apis/exception.js'
import { describe, expect, it } from 'vitest'
import type { Listed } from './api-client.ts'
import { listAll } from './list-all.ts'

const SELECTED = { namespace: 'warm-pods', labelSelector: 'app=echo' }
const refused = (code: number) => new ApiException(code, 'GET was refused', '', {})

/** A list of seven objects whose pages have two. @param refusals the status that a page's number is refused with, once. */
function pagedList(refusals: ReadonlyMap<number, number> = new Map()) {
  const calls: Listed[] = []
  const left = new Map(refusals)
  const list = async (page: Listed) => {
    calls.push(page)
    const index = Number(page.continue ?? 0)
    const code = left.get(index)
    left.delete(index)
    if (code !== undefined) throw refused(code)
    const end = page.limit === undefined ? 7 : Math.min(7, 2 * index + 2)
    const items = Array.from({ length: end - 2 * index }, (_, n) => 2 * index + n)
    const next = end < 7 ? { continue: String(index + 1) } : {}
    return { items, metadata: { resourceVersion: String(100 + calls.length), ...next } }
  }
  return { calls, list }
}

describe(listAll, () => {
  it('reads every page, and returns the version of the first', async () => {
    const { calls, list } = pagedList()
    expect(await listAll(list, SELECTED)).toEqual({ items: [0, 1, 2, 3, 4, 5, 6], resourceVersion: '101' })
    expect(calls).toEqual(
      [undefined, '1', '2', '3'].map((from) => ({
        ...SELECTED,
        limit: 500,
        ...(from ? { continue: from } : {}),
      })),
    )
  })

  it('reads the list in one page when it has expired meanwhile', async () => {
    const { calls, list } = pagedList(new Map([[2, 410]]))
    expect(await listAll(list, SELECTED)).toEqual({ items: [0, 1, 2, 3, 4, 5, 6], resourceVersion: '104' })
    expect(calls.at(-1)).toEqual(SELECTED)
  })

  it.each([
    [0, 410],
    [1, 403],
  ])('passes the error of page %d on when its status is %d', async (page, code) => {
    const { list } = pagedList(new Map([[page, code]]))
    await expect(listAll(list, SELECTED)).rejects.toMatchObject({ code })
  })
})
