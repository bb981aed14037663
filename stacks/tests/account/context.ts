import type { AccountApi } from './account.ts'
import type { AwsProxy } from './proxy.ts'
import type { Settings, Sst } from './sst.ts'
import type { Steps } from './steps.ts'

/** Everything that a part of the test uses. */
export interface Context {
  readonly steps: Steps
  readonly sst: Sst
  readonly account: AccountApi
  readonly proxy: AwsProxy
  /** The settings of production. */
  readonly settings: Settings
  /** Returns the resources that the part has added to the account, and the resources that SST keeps for all apps. */
  left(): string[]
}
