// Writes docs/api-coverage.md: which names of tf.compat.v1 (tests/recordings/api.json) the library has.
// Usage: node scripts/api-coverage.mjs [--check], after a build.
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const tf = await import(new URL("../dist/index.js", import.meta.url).href);
const theirs = JSON.parse(readFileSync(join(root, "tests/recordings/api.json"), "utf8"));

/** Why a name is missing: the first pattern that fits. */
const reasons = [
  [
    "eager execution, or TensorFlow 2 itself",
    /eager|GradientTape|_v2$|v2_|tensor_equality|^(Module|function|wrap_function|recompute_grad|grad_pass_through|vectorized_map|TypeSpec|.*Spec|type_spec_from_value|executing.*|py_function|numpy_function|Checkpoint.*|Generator|Algorithm|create_rng_state|.*global_generator|is_symbolic_tensor|nondifferentiable_batch_function|VERSION|.*_VERSION.*|.*_FLAG|MONOLITHIC_BUILD)$/,
  ],
  [
    "while loops and tensor arrays",
    /while_loop|map_fn|fold[lr]$|^scan$|TensorArray|hessians|rnn|raw_rnn|switch_case/,
  ],
  [
    "queues, readers and input pipelines",
    /[Qq]ueue|Reader|producer|^(batch|maybe_|shuffle_batch|limit_epochs|parse_|decode_|matching_files|match_filenames|read_file|write_file|FixedLen|VarLen|SparseFeature|Example|Feature|SequenceExample|.*List$|TFRecord|serialize_tensor)/,
  ],
  [
    "supervised sessions, clusters, hooks",
    /Session|Hook|Supervisor|Coordinator|Looper|Server|Cluster|JobDef|Scaffold|SyncReplicas|Stopper|VocabInfo|basic_train_loop|SecondOrStepTimer|NanLoss|checkpoints_iterator|ConditionalAccumulator|CriticalSection/,
  ],
  ["sparse and ragged tensors", /[Ss]parse|[Rr]agged|SparseTensor|edit_distance|sets|set_/],
  [
    "complex numbers and spectra",
    /complex|fft|angle|^(real|imag|conj|polar)$|signal|stft|mfcc|dct/,
  ],
  ["quantized arithmetic", /quant|QUANTIZED|^q(u?)int/],
  [
    "three-dimensional and unusual convolutions, sampled losses",
    /3d|conv_transpose|dilation2d|erosion2d|fractional|sampler|sampled|nce_loss|ctc|with_space_to_batch|conv1d_transpose|_with_argmax|accidental|^pool$|atrous_conv2d_transpose/,
  ],
  [
    "decompositions and special functions",
    /svd|eig|^lu|bessel|beta|igamma|erfinv|erfcinv|ndtri|expm|logm|sqrtm|tridiagonal|LinearOperator|pinv|lstsq|matrix_rank|cross|solve_ls|square_root|nextafter|sobol|slogdet|logdet|cholesky_solve/,
  ],
  [
    "images",
    /image|jpeg|png|gif|bmp|resize|crop|flip|rot90|yiq|yuv|rgb|hsv|ssim|psnr|adjust_|suppression|bounding|glimpse|sobel|total_variation|brightness|contrast|saturation|hue|patches|ResizeMethod|transpose|webp|jxl|central|per_image/,
  ],
  [
    "text",
    /regex|string|substr|unicode|ngrams|base64|bytes_split|reduce_join|split|hash_bucket|segment_join|fingerprint|csv|json|raw/,
  ],
  ["stateless random numbers", /stateless|fold_in/],
  [
    "protocol buffers as classes",
    /Def$|Proto$|^(GPUOptions|GraphOptions|OptimizerOptions|RunOptions|AttrValue|NameAttrList|TensorInfo|LogMessage|Event|SessionLog|Summary|TaggedRunMetadata|SummaryDescription)$/,
  ],
  ["loading of native libraries", /load_|library/],
];

const camel = (name) =>
  /^[A-Z]/.test(name)
    ? name
    : name.replace(/_+$/, "").replace(/_(\w)/g, (_, letter) => letter.toUpperCase());
const spelt = (name) => ({ as_dtype: "asDType", div_no_nan: "divNoNan" })[name] ?? camel(name);

function has(space, name) {
  const holder = space ? tf[camel(space)] : tf;
  return holder?.[spelt(name)] !== undefined;
}

const rows = [];
const groups = new Map();
let [all, present] = [0, 0];
for (const [space, names] of Object.entries(theirs)) {
  const missing = names.filter((name) => !has(space, name));
  all += names.length;
  present += names.length - missing.length;
  rows.push(
    `| ${space ? `tf.${space}` : "tf"} | ${names.length} | ${names.length - missing.length} |`,
  );
  for (const name of missing) {
    const isSpaceKnown = space === "" || tf[camel(space)] !== undefined;
    const found = reasons.find(([, pattern]) => pattern.test(name));
    const reason = isSpaceKnown ? (found?.[0] ?? "other") : `the namespace tf.${space}`;
    if (!groups.has(reason)) groups.set(reason, []);
    groups.get(reason).push(space ? `${space}.${name}` : name);
  }
}
const order = (reason) =>
  reason.startsWith("the namespace")
    ? 2000
    : reason === "other"
      ? 1000
      : reasons.findIndex(([text]) => text === reason);
const sections = [...groups]
  .sort(([a], [b]) => order(a) - order(b))
  .map(
    ([reason, names]) =>
      `## ${reason[0].toUpperCase()}${reason.slice(1)} (${names.length})\n\n${names.map((name) => `\`${name}\``).join(" ")}\n`,
  );

const page = `# Names of TensorFlow that are here, and that are not

Written by \`node scripts/api-coverage.mjs\`; do not edit. Counted are the public names of \`tf.compat.v1\` of TensorFlow 2.21, which has all
of 1.15 but \`tf.contrib\`, and some of TensorFlow 2. A name counts as present when the library has it under its own spelling
(\`reduce_sum\` as \`reduceSum\`), not that every option is supported.

${present} of ${all} names are present.

| namespace | names | present |
| --- | ---: | ---: |
${rows.join("\n")}

# What is missing, by what it needs

${sections.join("\n")}`;

const file = join(root, "docs/api-coverage.md");
if (process.argv.includes("--check")) {
  if (readFileSync(file, "utf8") === page) process.exit(0);
  console.error("docs/api-coverage.md is out of date: run node scripts/api-coverage.mjs.");
  process.exit(1);
}
writeFileSync(file, page);
console.log(`${present} of ${all} names`);
