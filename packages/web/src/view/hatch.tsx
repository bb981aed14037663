/** The hatching of a time without a pod. */
export function Hatch({ id }: { id: string }) {
  return (
    <defs>
      <pattern id={id} width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
        <rect width="7" height="7" fill="var(--kill)" fillOpacity="0.07" />
        <line x1="0" y1="0" x2="0" y2="7" stroke="var(--kill)" strokeOpacity="0.45" strokeWidth="1.5" />
      </pattern>
    </defs>
  )
}
