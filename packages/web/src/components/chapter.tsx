import type { ReactNode } from 'react'

interface Props {
  /** Unique on the page. */
  readonly id: string
  readonly title: string
  readonly lead: string
  /** At the end of the title's line. */
  readonly aside?: ReactNode
  readonly children?: ReactNode
  readonly className?: string
}

/** A chapter below the visit: a ruled title, an introduction and the content. */
export function Chapter({ id, title, lead, aside, children, className }: Props) {
  return (
    <section aria-labelledby={`${id}-title`} className={className}>
      <div className="flex h-11 items-center justify-between border-b border-rule">
        <h3 id={`${id}-title`} className="eyebrow">
          {title}
        </h3>
        {aside}
      </div>
      <p className="pt-3 text-sm text-muted-foreground">{lead}</p>
      {children}
    </section>
  )
}
