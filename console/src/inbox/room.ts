// The room that a picture takes in a bubble, in rem: known before the picture is there.

const WIDTH_MAX = 16;
const HEIGHT_MAX = 12;
const SIDE_MIN = 3;
const PIXELS = 16;

/** Within 16 × 12, of the picture's shape, and never so narrow that nobody can tap it. */
export function roomFor(picture: { width: number; height: number }): {
  width: number;
  height: number;
} {
  const [width, height] = [picture.width / PIXELS, picture.height / PIXELS];
  const scale = Math.min(1, WIDTH_MAX / width, HEIGHT_MAX / height);
  return { width: Math.max(SIDE_MIN, width * scale), height: Math.max(SIDE_MIN, height * scale) };
}
