/** tf.random: random tensors under their later names. */

export {
  categorical,
  getSeed,
  multinomial,
  randomGamma as gamma,
  randomNormal as normal,
  randomPoisson as poisson,
  randomShuffle as shuffle,
  randomUniform as uniform,
  setRandomSeed,
  truncatedNormal,
} from "./ops/random.ts";
