/** The iris data: Fisher 1936, The use of multiple measurements in taxonomic problems; the rows of scikit-learn's `load_iris`. */

/** What {@link loadIris} returns. */
export interface Iris {
  /** [150, 4] in cm. */
  x: number[][];
  /** [150] index into `targetNames`. */
  labels: Int32Array;
  featureNames: string[];
  targetNames: string[];
}

/**
 * Four features of 50 flowers of each species, in the order of `targetNames`: the least of them in mm, and how many mm more
 * each flower has, a digit of base 36. A third of the bytes that the rows would take, and in a compressed bundle half.
 */
const MEASURES: readonly (readonly [least: number, more: string])[] = [
  [43, '86437b3716b550feb8e8b8385779945b9c67c61872178583a7'],
  [23, 'c798dgbb68eb77hlgcffbedab7bcb98bij89cd7bc09cf7f9ea'],
  [10, '44354745455641253475750796654665545234353336946454'],
  [1, '11111321101100133222131411311113011110112215321111'],
  [49, 'lfk6g8e0h31abc7i79d7acecfhjib8669b5bie766c91788d28'],
  [20, 'ccb388d4970a299ba725c8589a8a964477aeb3a56a637a9958'],
  [30, 'hfjagfh3g95cah6efbf9iajhdeikf5879lffhebaega3cccd0b'],
  [10, '45535360340504345051835234475010265653332420323313'],
  [49, 'e9megr0oingfj89fgssbk7seindcfnpufecsefbkik9jiiegda'],
  [22, 'b58788373ea5836a8g40a665ba68686g6648c989995ab838c8'],
  [45, 'f6ebdl0idg68a568amo5c4m4cf34bdgjb6bgba39b66ec75796'],
  [14, 'b57487344b6576a948919664744472568109a447a959b95694'],
];

/**
 * 150 iris flowers of three species: length and width of their sepals and petals.
 *
 * @returns rows [150, 4] in cm, labels [150], and the names of both; new arrays at each call
 * @example
 * const { x, labels, targetNames } = loadIris();
 */
export function loadIris(): Iris {
  const labels = Int32Array.from({ length: 150 }, (_, i) => Math.floor(i / 50));
  return {
    x: Array.from(labels, (species, i) =>
      MEASURES.slice(4 * species, 4 * species + 4).map(
        ([least, more]) => (least + parseInt(more[i % 50], 36)) / 10,
      ),
    ),
    labels,
    featureNames: ['sepal length (cm)', 'sepal width (cm)', 'petal length (cm)', 'petal width (cm)'],
    targetNames: ['setosa', 'versicolor', 'virginica'],
  };
}
