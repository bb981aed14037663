import type { ReactNode } from 'react'

/** The elements of index.html that the page renders into. */
export interface MountPoints {
  readonly root: View
  readonly controls: Element
  /** Below the static text. */
  readonly chapters: Element
  /** The live region of screen readers. */
  readonly announcer: Element
}

/** The part of React's root that the page uses. */
export interface View {
  render(node: ReactNode): void
}
