import type { Root } from 'react-dom/client'

/** The elements of index.html that the page renders into. */
export interface MountPoints {
  readonly root: Root
  readonly controls: Element
  readonly log: Element
  /** The live region of screen readers. */
  readonly announcer: Element
}
