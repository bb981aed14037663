import type { Engine } from './_driver.ts'
import { firefox } from './_firefox.ts'
import { webkit } from './_webkit.ts'

/** The engines of these tests. The other browser tests run in Chromium. */
export const ENGINES: readonly Engine[] = [firefox, webkit]
