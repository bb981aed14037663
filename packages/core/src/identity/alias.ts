/** Two lists of 64 words give 4,096 names, so two of a dozen pods seldom share one. */
const MANNERS =
  'agile amber bold brave breezy bright brisk calm candid cheery clever coral cosmic crisp daring dapper eager early fair fleet fond frank fresh gentle glad golden grand happy hardy honest jolly keen kind light lively lucky lunar mellow merry mighty misty nimble noble patient plucky polite proud quick quiet ready rosy royal sage shy silver snug spry steady sunny swift tidy upbeat warm witty'.split(
    ' ',
  )
const CREATURES =
  'avocet bittern bluejay bunting canary chough cormorant crane cuckoo curlew dipper dove dunlin eagle egret falcon finch fulmar gannet goldfinch goose grebe grouse gull harrier hawk heron hoopoe ibis jackdaw jay kestrel kingfisher kite lapwing lark linnet magpie martin merlin nightjar oriole osprey otter owl oystercatcher partridge pelican petrel pintail pipit plover puffin quail raven robin rook sandpiper shrike siskin starling stork swallow wren'.split(
    ' ',
  )

/**
 * A name that people can say, derived from the pod's UID alone. It is stable, and visitors can check it.
 * FNV-1a, 32 bits (draft-eastlake-fnv), folded into six bits a word.
 */
export function aliasOf(uid: string): string {
  let hash = 0x811c9dc5
  for (let i = 0; i < uid.length; i++) {
    hash ^= uid.charCodeAt(i)
    hash = Math.imul(hash, 0x01000193) >>> 0
  }
  const manner = MANNERS[(hash >>> 8) & 63] ?? ''
  const creature = CREATURES[(hash ^ (hash >>> 16)) & 63] ?? ''
  return `${manner}-${creature}`
}

/** The two lists, for tests. */
export const ALIAS_WORDS = { manners: MANNERS, creatures: CREATURES } as const
