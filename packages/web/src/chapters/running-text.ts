import type { Pod, Pool } from '@warm-pods/core/api/contracts.ts'
import type { Hello } from '@warm-pods/core/socket.ts'
import { PLACES, RUNNING, VERIFY_DRAWER } from '../copy/chapters.ts'
import { kindOf } from '../lib/cluster-kind.ts'
import { BLANK } from '../lib/format.ts'

/** Returns where the pods run, in one line. */
export function runsOn(cluster: Pool['cluster']): string {
  const { name, region, version } = cluster
  const kind = kindOf(cluster)
  if (kind === 'local') return RUNNING.local(version ?? BLANK)
  if (kind === 'simulated') return RUNNING.simulated
  const place = PLACES[region]
  const where = region === '-' ? RUNNING.noRegion : place ? `${region} (${place})` : region
  return RUNNING.cluster(version ?? BLANK, name, where)
}

/** Cuts a digest of 64 digits to its first 12, as docker prints it. */
export function shortImage(image: string): string {
  return image.replace(/(sha256:[0-9a-f]{12})[0-9a-f]+$/, '$1…')
}

/** Returns whether the pod's hello on its own socket agrees with the API about its UID. */
export function helloText({ uid }: Pick<Pod, 'uid'>, hello: Hello | undefined): string {
  if (!hello) return VERIFY_DRAWER.noHello
  return hello.uid === uid ? VERIFY_DRAWER.sameUid(hello.image) : VERIFY_DRAWER.otherUid(hello.uid)
}
