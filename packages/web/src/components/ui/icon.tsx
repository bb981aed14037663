/** The strokes of each icon, on a square of 24. A library of icons would weigh on the first paint. */
const STROKES = {
  close: 'M5 5l14 14M19 5L5 19',
  fold: 'M6 15l6-6 6 6',
  pause: 'M8 4v16M16 4v16',
  resume: 'M7 4l12 8-12 8z',
  system: 'M2 4h20v12H2zM8 21h8M12 16v5',
  light:
    'M8 12a4 4 0 1 0 8 0a4 4 0 1 0-8 0M12 2v2M12 20v2M2 12h2M20 12h2M5 5l1.5 1.5M17.5 17.5L19 19M5 19l1.5-1.5M17.5 6.5L19 5',
  dark: 'M20 15A9 9 0 1 1 9 4a7 7 0 0 0 11 11z',
}

/** An icon in the colour of the text, hidden from screen readers. */
export function Icon({ name, className = 'size-4' }: { name: keyof typeof STROKES; className?: string }) {
  return (
    <svg
      viewBox="0 0 24 24"
      className={className}
      aria-hidden="true"
      fill="none"
      stroke="currentColor"
      strokeWidth="2"
    >
      <path d={STROKES[name]} strokeLinecap="round" strokeLinejoin="round" />
    </svg>
  )
}
