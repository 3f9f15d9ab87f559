/** The instructions of WebAssembly under the names of its specification: functions from operands to code. */

import { type Code, Local, type Operand } from "./code.ts";

const operand = (x: Operand): Code => (x instanceof Local ? x.get() : x);

/** Unsigned LEB128. */
export function unsigned(value: number): number[] {
  const bytes: number[] = [];
  let rest = value;
  do {
    const byte = rest % 128;
    rest = Math.floor(rest / 128);
    bytes.push(rest > 0 ? byte + 128 : byte);
  } while (rest > 0);
  return bytes;
}

/** Signed LEB128. */
export function signed(value: bigint): number[] {
  const bytes: number[] = [];
  let rest = value;
  for (;;) {
    const byte = Number(rest & 127n);
    rest >>= 7n;
    const done = (rest === 0n && byte < 64) || (rest === -1n && byte >= 64);
    bytes.push(done ? byte : byte + 128);
    if (done) return bytes;
  }
}

function floatBytes(value: number, size: 4 | 8): number[] {
  const view = new DataView(new ArrayBuffer(size));
  if (size === 4) view.setFloat32(0, value, true);
  else view.setFloat64(0, value, true);
  return Array.from(new Uint8Array(view.buffer));
}

const vector = (opcode: number): number[] => [0xfd, ...unsigned(opcode)];

// Shapes of instructions: how many operands, which immediates.

const one =
  (opcode: readonly number[]) =>
  (x: Operand): Code => [operand(x), opcode];
const two =
  (opcode: readonly number[]) =>
  (x: Operand, y: Operand): Code => [operand(x), operand(y), opcode];
const three =
  (opcode: readonly number[]) =>
  (x: Operand, y: Operand, z: Operand): Code => [operand(x), operand(y), operand(z), opcode];
/** `offset` is added to the address, in bytes; `align` is the exponent of two of the hint. */
const loading =
  (opcode: readonly number[], align: number) =>
  (address: Operand, offset = 0): Code => [operand(address), opcode, align, unsigned(offset)];
const storing =
  (opcode: readonly number[], align: number) =>
  (address: Operand, value: Operand, offset = 0): Code => [
    operand(address),
    operand(value),
    opcode,
    align,
    unsigned(offset),
  ];
const lane =
  (opcode: readonly number[], align: number) =>
  (index: number, address: Operand, value: Operand, offset = 0): Code => [
    operand(address),
    operand(value),
    opcode,
    align,
    unsigned(offset),
    index,
  ];
const extract =
  (opcode: number) =>
  (index: number, x: Operand): Code => [operand(x), vector(opcode), index];
const replace =
  (opcode: number) =>
  (index: number, x: Operand, value: Operand): Code => [
    operand(x),
    operand(value),
    vector(opcode),
    index,
  ];

const unary1 = (opcode: number) => one([opcode]);
const binary1 = (opcode: number) => two([opcode]);
const v1 = (opcode: number) => one(vector(opcode));
const v2 = (opcode: number) => two(vector(opcode));
const v3 = (opcode: number) => three(vector(opcode));
const saturating = (opcode: number) => one([0xfc, opcode]);

export const i32 = {
  const: (value: number): Code => [0x41, signed(BigInt(value | 0))],
  load: loading([0x28], 2),
  load8_s: loading([0x2c], 0),
  load8_u: loading([0x2d], 0),
  load16_s: loading([0x2e], 1),
  load16_u: loading([0x2f], 1),
  store: storing([0x36], 2),
  store8: storing([0x3a], 0),
  store16: storing([0x3b], 1),
  eqz: unary1(0x45),
  eq: binary1(0x46),
  ne: binary1(0x47),
  lt_s: binary1(0x48),
  lt_u: binary1(0x49),
  gt_s: binary1(0x4a),
  gt_u: binary1(0x4b),
  le_s: binary1(0x4c),
  le_u: binary1(0x4d),
  ge_s: binary1(0x4e),
  ge_u: binary1(0x4f),
  clz: unary1(0x67),
  ctz: unary1(0x68),
  popcnt: unary1(0x69),
  add: binary1(0x6a),
  sub: binary1(0x6b),
  mul: binary1(0x6c),
  div_s: binary1(0x6d),
  div_u: binary1(0x6e),
  rem_s: binary1(0x6f),
  rem_u: binary1(0x70),
  and: binary1(0x71),
  or: binary1(0x72),
  xor: binary1(0x73),
  shl: binary1(0x74),
  shr_s: binary1(0x75),
  shr_u: binary1(0x76),
  rotl: binary1(0x77),
  rotr: binary1(0x78),
  wrap_i64: unary1(0xa7),
  trunc_f32_s: unary1(0xa8),
  trunc_f64_s: unary1(0xaa),
  reinterpret_f32: unary1(0xbc),
  extend8_s: unary1(0xc0),
  extend16_s: unary1(0xc1),
  trunc_sat_f32_s: saturating(0),
  trunc_sat_f32_u: saturating(1),
  trunc_sat_f64_s: saturating(2),
  trunc_sat_f64_u: saturating(3),
} as const;

export const i64 = {
  const: (value: bigint | number): Code => [0x42, signed(BigInt.asIntN(64, BigInt(value)))],
  load: loading([0x29], 3),
  load32_s: loading([0x34], 2),
  load32_u: loading([0x35], 2),
  store: storing([0x37], 3),
  eqz: unary1(0x50),
  eq: binary1(0x51),
  ne: binary1(0x52),
  lt_s: binary1(0x53),
  lt_u: binary1(0x54),
  gt_s: binary1(0x55),
  gt_u: binary1(0x56),
  le_s: binary1(0x57),
  le_u: binary1(0x58),
  ge_s: binary1(0x59),
  ge_u: binary1(0x5a),
  clz: unary1(0x79),
  ctz: unary1(0x7a),
  add: binary1(0x7c),
  sub: binary1(0x7d),
  mul: binary1(0x7e),
  div_s: binary1(0x7f),
  div_u: binary1(0x80),
  rem_s: binary1(0x81),
  rem_u: binary1(0x82),
  and: binary1(0x83),
  or: binary1(0x84),
  xor: binary1(0x85),
  shl: binary1(0x86),
  shr_s: binary1(0x87),
  shr_u: binary1(0x88),
  rotl: binary1(0x89),
  extend_i32_s: unary1(0xac),
  extend_i32_u: unary1(0xad),
  reinterpret_f64: unary1(0xbd),
  trunc_sat_f32_s: saturating(4),
  trunc_sat_f32_u: saturating(5),
  trunc_sat_f64_s: saturating(6),
  trunc_sat_f64_u: saturating(7),
} as const;

export const f32 = {
  const: (value: number): Code => [0x43, floatBytes(value, 4)],
  load: loading([0x2a], 2),
  store: storing([0x38], 2),
  eq: binary1(0x5b),
  ne: binary1(0x5c),
  lt: binary1(0x5d),
  gt: binary1(0x5e),
  le: binary1(0x5f),
  ge: binary1(0x60),
  abs: unary1(0x8b),
  neg: unary1(0x8c),
  ceil: unary1(0x8d),
  floor: unary1(0x8e),
  trunc: unary1(0x8f),
  nearest: unary1(0x90),
  sqrt: unary1(0x91),
  add: binary1(0x92),
  sub: binary1(0x93),
  mul: binary1(0x94),
  div: binary1(0x95),
  min: binary1(0x96),
  max: binary1(0x97),
  copysign: binary1(0x98),
  convert_i32_s: unary1(0xb2),
  convert_i32_u: unary1(0xb3),
  convert_i64_s: unary1(0xb4),
  convert_i64_u: unary1(0xb5),
  demote_f64: unary1(0xb6),
  reinterpret_i32: unary1(0xbe),
} as const;

export const f64 = {
  const: (value: number): Code => [0x44, floatBytes(value, 8)],
  load: loading([0x2b], 3),
  store: storing([0x39], 3),
  eq: binary1(0x61),
  ne: binary1(0x62),
  lt: binary1(0x63),
  gt: binary1(0x64),
  le: binary1(0x65),
  ge: binary1(0x66),
  abs: unary1(0x99),
  neg: unary1(0x9a),
  ceil: unary1(0x9b),
  floor: unary1(0x9c),
  trunc: unary1(0x9d),
  nearest: unary1(0x9e),
  sqrt: unary1(0x9f),
  add: binary1(0xa0),
  sub: binary1(0xa1),
  mul: binary1(0xa2),
  div: binary1(0xa3),
  min: binary1(0xa4),
  max: binary1(0xa5),
  copysign: binary1(0xa6),
  convert_i32_s: unary1(0xb7),
  convert_i32_u: unary1(0xb8),
  convert_i64_s: unary1(0xb9),
  convert_i64_u: unary1(0xba),
  promote_f32: unary1(0xbb),
  reinterpret_i64: unary1(0xbf),
} as const;

export const v128 = {
  /** Sixteen bytes, the lowest address first. */
  const: (bytes: readonly number[]): Code => [vector(12), bytes],
  load: loading(vector(0), 4),
  load8x8_s: loading(vector(1), 3),
  load8x8_u: loading(vector(2), 3),
  load16x4_s: loading(vector(3), 3),
  load16x4_u: loading(vector(4), 3),
  load32x2_s: loading(vector(5), 3),
  load32x2_u: loading(vector(6), 3),
  load8_splat: loading(vector(7), 0),
  load16_splat: loading(vector(8), 1),
  load32_splat: loading(vector(9), 2),
  load64_splat: loading(vector(10), 3),
  load32_zero: loading(vector(92), 2),
  load64_zero: loading(vector(93), 3),
  load8_lane: lane(vector(84), 0),
  load16_lane: lane(vector(85), 1),
  load32_lane: lane(vector(86), 2),
  load64_lane: lane(vector(87), 3),
  store: storing(vector(11), 4),
  store8_lane: lane(vector(88), 0),
  store16_lane: lane(vector(89), 1),
  store32_lane: lane(vector(90), 2),
  store64_lane: lane(vector(91), 3),
  not: v1(77),
  and: v2(78),
  /** x and not y. */
  andnot: v2(79),
  or: v2(80),
  xor: v2(81),
  /** Bits of x where the mask z is 1, of y where it is 0. */
  bitselect: v3(82),
  any_true: v1(83),
} as const;

export const i8x16 = {
  shuffle: (lanes: readonly number[], x: Operand, y: Operand): Code => [
    operand(x),
    operand(y),
    vector(13),
    lanes,
  ],
  swizzle: v2(14),
  splat: v1(15),
  extract_lane_s: extract(21),
  extract_lane_u: extract(22),
  replace_lane: replace(23),
  eq: v2(35),
  ne: v2(36),
  all_true: v1(99),
  bitmask: v1(100),
  narrow_i16x8_s: v2(101),
  narrow_i16x8_u: v2(102),
  add: v2(110),
  sub: v2(113),
} as const;

export const i16x8 = {
  splat: v1(16),
  extract_lane_s: extract(24),
  extract_lane_u: extract(25),
  replace_lane: replace(26),
  narrow_i32x4_s: v2(133),
  narrow_i32x4_u: v2(134),
  extend_low_i8x16_s: v1(135),
  extend_low_i8x16_u: v1(137),
  shl: v2(139),
  shr_s: v2(140),
  shr_u: v2(141),
  add: v2(142),
  sub: v2(145),
  mul: v2(149),
} as const;

export const i32x4 = {
  splat: v1(17),
  extract_lane: extract(27),
  replace_lane: replace(28),
  eq: v2(55),
  ne: v2(56),
  lt_s: v2(57),
  lt_u: v2(58),
  gt_s: v2(59),
  gt_u: v2(60),
  le_s: v2(61),
  le_u: v2(62),
  ge_s: v2(63),
  ge_u: v2(64),
  abs: v1(160),
  neg: v1(161),
  all_true: v1(163),
  bitmask: v1(164),
  extend_low_i16x8_s: v1(167),
  extend_high_i16x8_s: v1(168),
  extend_low_i16x8_u: v1(169),
  extend_high_i16x8_u: v1(170),
  shl: v2(171),
  shr_s: v2(172),
  shr_u: v2(173),
  add: v2(174),
  sub: v2(177),
  mul: v2(181),
  min_s: v2(182),
  min_u: v2(183),
  max_s: v2(184),
  max_u: v2(185),
  trunc_sat_f32x4_s: v1(248),
  trunc_sat_f32x4_u: v1(249),
  trunc_sat_f64x2_s_zero: v1(252),
  trunc_sat_f64x2_u_zero: v1(253),
} as const;

export const i64x2 = {
  splat: v1(18),
  extract_lane: extract(29),
  replace_lane: replace(30),
  abs: v1(192),
  neg: v1(193),
  all_true: v1(195),
  bitmask: v1(196),
  extend_low_i32x4_s: v1(199),
  extend_high_i32x4_s: v1(200),
  extend_low_i32x4_u: v1(201),
  extend_high_i32x4_u: v1(202),
  shl: v2(203),
  shr_s: v2(204),
  shr_u: v2(205),
  add: v2(206),
  sub: v2(209),
  mul: v2(213),
  eq: v2(214),
  ne: v2(215),
  lt_s: v2(216),
  gt_s: v2(217),
  le_s: v2(218),
  ge_s: v2(219),
  extmul_low_i32x4_s: v2(220),
  extmul_high_i32x4_s: v2(221),
  extmul_low_i32x4_u: v2(222),
  extmul_high_i32x4_u: v2(223),
} as const;

export const f32x4 = {
  splat: v1(19),
  extract_lane: extract(31),
  replace_lane: replace(32),
  eq: v2(65),
  ne: v2(66),
  lt: v2(67),
  gt: v2(68),
  le: v2(69),
  ge: v2(70),
  demote_f64x2_zero: v1(94),
  ceil: v1(103),
  floor: v1(104),
  trunc: v1(105),
  nearest: v1(106),
  abs: v1(224),
  neg: v1(225),
  sqrt: v1(227),
  add: v2(228),
  sub: v2(229),
  mul: v2(230),
  div: v2(231),
  min: v2(232),
  max: v2(233),
  pmin: v2(234),
  pmax: v2(235),
  convert_i32x4_s: v1(250),
  convert_i32x4_u: v1(251),
  /** x * y + z, rounded once or twice as the machine likes best; only where relaxed SIMD is known. */
  relaxed_madd: v3(0x105),
  relaxed_nmadd: v3(0x106),
} as const;

export const f64x2 = {
  splat: v1(20),
  extract_lane: extract(33),
  replace_lane: replace(34),
  eq: v2(71),
  ne: v2(72),
  lt: v2(73),
  gt: v2(74),
  le: v2(75),
  ge: v2(76),
  promote_low_f32x4: v1(95),
  ceil: v1(116),
  floor: v1(117),
  trunc: v1(122),
  nearest: v1(148),
  abs: v1(236),
  neg: v1(237),
  sqrt: v1(239),
  add: v2(240),
  sub: v2(241),
  mul: v2(242),
  div: v2(243),
  min: v2(244),
  max: v2(245),
  pmin: v2(246),
  pmax: v2(247),
  convert_low_i32x4_s: v1(254),
  convert_low_i32x4_u: v1(255),
  relaxed_madd: v3(0x107),
  relaxed_nmadd: v3(0x108),
} as const;

export const memory = {
  /** Addresses and lengths in bytes; the areas may overlap. */
  copy: (to: Operand, from: Operand, length: Operand): Code => [
    operand(to),
    operand(from),
    operand(length),
    [0xfc, 10, 0, 0],
  ],
  fill: (to: Operand, byte: Operand, length: Operand): Code => [
    operand(to),
    operand(byte),
    operand(length),
    [0xfc, 11, 0],
  ],
} as const;
