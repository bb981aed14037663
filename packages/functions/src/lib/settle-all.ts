/**
 * Returns the values of all promises, as `Promise.all` does, but rejects only when each of them has settled. After its answer a Lambda
 * is frozen, and a write that still runs may be lost.
 * @throws the first rejection in the order of the list.
 */
export async function settleAll<Promises extends readonly Promise<unknown>[] | []>(
  promises: Promises,
): Promise<{ -readonly [Index in keyof Promises]: Awaited<Promises[Index]> }> {
  await Promise.allSettled(promises)
  return Promise.all(promises)
}
