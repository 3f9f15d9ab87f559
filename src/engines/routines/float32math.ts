/**
 * log, sin and cos of float32 numbers, rounded as the C library rounds them, so that normal random numbers agree with
 * TensorFlow's to the last bit. The method is that of ARM's optimized routines (glibc since 2.28): short polynomials
 * in float64.
 */

const float = new Float32Array(1);
const bits = new Int32Array(float.buffer);

/** 1/c and log(c) for a c inside each sixteenth of an octave that starts at 0.7. */
// biome-ignore format: a table
export const inverses = [
  1.398907162146528, 1.3403141896637998, 1.286432210124115, 1.2367150214269895, 1.1906977166711752,
  1.1479821020556429, 1.1082251448272158, 1.0711297413057381, 1.036437278977283, 1, 0.9492859795739057,
  0.8951049428609004, 0.8476821620351103, 0.8050314851692001, 0.7664671008843108, 0.731428603316328,
] as const;
// biome-ignore format: a table
export const logarithms = [
  -0.33569133332882284, -0.2929040563774074, -0.2518726580937369, -0.21245868807117255,
  -0.17453945183745634, -0.1380057072319758, -0.10275976698545139, -0.06871392447020525,
  -0.0357891387398228, 0, 0.05204517742929496, 0.11081431298787942, 0.1652495223695143,
  0.21687389031699977, 0.2659635028121397, 0.3127556664073557,
] as const;

export const octaveStart = 0x3f330000;

/** log(x) of a positive, normal float32. */
export function logFloat32(x: number): number {
  float[0] = x;
  const word = bits[0] as number;
  const offset = (word - octaveStart) | 0;
  const entry = (offset >> 19) & 15;
  const exponent = offset >> 23;
  bits[0] = word - (offset & 0xff800000);
  // x = 2^exponent z, log(x) = log1p(z/c - 1) + log(c) + exponent log(2)
  const r = (float[0] as number) * (inverses[entry] as number) - 1;
  const base = (logarithms[entry] as number) + exponent * Math.LN2;
  const r2 = r * r;
  const tail = -0.25089342214237154 * r2 + (0.333456765744066 * r + -0.4999997485802103);
  return Math.fround(tail * r2 + (base + r));
}

/** [sin(x), cos(x)] of a float32 in [0, 2π], written to `out` at `index` and `index + 1`. */
export function sincosFloat32(x: number, out: Float32Array, index: number): void {
  const quadrant = Math.floor(x * (2 / Math.PI) + 0.5);
  const r = x - quadrant * (Math.PI / 2);
  const x2 = r * r;
  const x4 = x2 * x2;
  const x3 = x2 * r;
  const sine =
    r + x3 * -0.16666654943701084 + x3 * x2 * (0.008332178146138854 + x2 * -0.00019517298981385725);
  const cosine =
    1 +
    x2 * -0.49999999725108224 +
    x4 * 0.041666623324344516 +
    x4 * x2 * (-0.001388676379437604 + x2 * 2.4390450703564542e-5);
  switch (quadrant & 3) {
    case 0:
      out[index] = sine;
      out[index + 1] = cosine;
      return;
    case 1:
      out[index] = cosine;
      out[index + 1] = -sine;
      return;
    case 2:
      out[index] = -sine;
      out[index + 1] = -cosine;
      return;
    default:
      out[index] = -cosine;
      out[index + 1] = sine;
  }
}
