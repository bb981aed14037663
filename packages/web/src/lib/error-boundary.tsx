import { Component, type ReactNode, Suspense } from 'react'

interface Props {
  /** Stands in while the part is loading, and for good when it cannot be loaded. */
  readonly fallback: ReactNode
  readonly children: ReactNode
}

/** A place for a part that arrives later, or never: a deploy may have removed its chunk while the page was open. */
export class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false }

  static getDerivedStateFromError(): { failed: boolean } {
    return { failed: true }
  }

  override render(): ReactNode {
    const { fallback, children } = this.props
    return this.state.failed ? fallback : <Suspense fallback={fallback}>{children}</Suspense>
  }
}
