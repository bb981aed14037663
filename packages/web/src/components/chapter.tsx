import type { ReactNode } from 'react'

interface Props {
  readonly lead: string
  /** At the end of the introduction's line. */
  readonly aside?: ReactNode
  readonly children?: ReactNode
}

/** The content of a chapter's tab: an introduction and the chapter itself. */
export function Chapter({ lead, aside, children }: Props) {
  return (
    <>
      <div className="flex min-h-11 flex-wrap items-center justify-between gap-x-6">
        <p className="flex-1 basis-80 text-sm text-muted-foreground">{lead}</p>
        {aside}
      </div>
      {children}
    </>
  )
}
