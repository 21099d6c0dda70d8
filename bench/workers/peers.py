"""scikit-learn and faiss as contestants: `peers.py <scikit-learn|faiss> <float32|float64>`. See ../protocol.ts."""

import json
import os
import re
import sys
import time
import warnings

import numpy as np

warnings.filterwarnings("ignore")  # that a fit of few iterations has not converged
answers = os.fdopen(3, "w")


def read(array):
    return np.fromfile(array["file"], array["dtype"]).reshape(array["shape"])


def memory(line):
    """A line of /proc/self/status in bytes; None where there is none."""
    try:
        with open("/proc/self/status") as status:
            return 1024 * int(re.search(line + r":\s*(\d+)", status.read()).group(1))
    except OSError:
        return None


def forget_peak():
    """From here on VmHWM is the most since now (Linux)."""
    try:
        with open("/proc/self/clear_refs", "w") as refs:
            refs.write("5")
    except OSError:
        pass
    return memory("VmRSS")


def snake(name):
    return {"seed": "random_state", "solver": "svd_solver"}.get(name, re.sub("([A-Z])", r"_\1", name).lower())


def named(options):
    return {snake(name): value for name, value in options.items()}


def sklearn_kmeans(x, data, work):
    from sklearn.cluster import KMeans

    start = {"init": data["init"], "n_init": 1} if "init" in data else {}

    def fit(turn):
        model = KMeans(**{**named(work["options"]), **start}).fit(x)
        centers = model.cluster_centers_.ravel().tolist()
        return {"objective": [float(model.inertia_)], "clusterCenters": centers, "nIter": int(model.n_iter_)}

    return fit


def sklearn_seeds(x, data, work):
    from sklearn.cluster import KMeans

    options = {name: value for name, value in work["options"].items() if name not in ("nSeeds", "startOfOurs")}
    seeds = range(work["options"]["nSeeds"])
    return lambda turn: {
        "objective": [float(KMeans(**named(options), random_state=seed).fit(x).inertia_) for seed in seeds]
    }


def sklearn_mixture(x, data, work):
    from sklearn.mixture import GaussianMixture

    class Watched(GaussianMixture):
        """Begins at the given factors themselves, and notes when each E-step begins and what it finds."""

        def _initialize_parameters(self, X, random_state, **more):
            self.stamps, self.seen = [], []
            if "weights" not in data:
                return super()._initialize_parameters(X, random_state, **more)
            self.weights_ = data["weights"].astype(x.dtype)
            self.means_ = data["means"].astype(x.dtype)
            self.precisions_cholesky_ = data["precisionsCholesky"].astype(x.dtype)

        def _e_step(self, X, **more):
            self.stamps.append(time.perf_counter())
            mean, log_responsibilities = super()._e_step(X, **more)
            self.seen.append(float(mean))
            return mean, log_responsibilities

    def fit(turn):
        model = Watched(**named(work["options"])).fit(x)
        n = int(model.n_iter_)
        given = "weights" in data
        result = {"objective": model.seen[:n] if given else [float(model.lower_bound_)], "nIter": n}
        if work.get("perIteration"):
            # n + 1 E-steps; as in the other libraries, from the end of the first iteration on.
            result["seconds"] = (model.stamps[n] - model.stamps[1]) / (n - 1)
        return result

    return fit


def sklearn_pca(x, data, work):
    from sklearn.decomposition import PCA

    options = {**named(work["options"]), "svd_solver": "covariance_eigh"}
    return lambda turn: {"objective": PCA(**options).fit(x).explained_variance_ratio_.tolist()}


def sklearn_silhouettes(x, data, work):
    from sklearn.metrics import silhouette_score

    labelings = [labels for name, labels in data.items() if name != "x"]
    return lambda turn: {"objective": [float(silhouette_score(x, labels)) for labels in labelings]}


def faiss_kmeans(x, data, work):
    import faiss

    k = work["options"]["nClusters"]
    n, d = x.shape

    def fit(turn):
        model = faiss.Kmeans(d, k, niter=turn["nIter"], min_points_per_centroid=1, max_points_per_centroid=n)
        model.train(x, init_centroids=data["init"].astype(np.float32))
        return {"objective": [], "clusterCenters": model.centroids.ravel().tolist(), "nIter": turn["nIter"]}

    return fit


FITS = {
    "scikit-learn": {
        "kmeans": sklearn_kmeans,
        "seeds": sklearn_seeds,
        "mixture": sklearn_mixture,
        "pca": sklearn_pca,
        "silhouettes": sklearn_silhouettes,
    },
    "faiss": {"kmeans": faiss_kmeans},
}


def versions(library):
    from importlib.metadata import version

    names = {"scikit-learn": ["scikit-learn", "numpy", "scipy"], "faiss": ["faiss-cpu", "numpy"]}
    return {name: version(name) for name in names[library]}


def take_turn(fit, turn, taken):
    seconds, began = [], time.perf_counter()
    while True:
        start = time.perf_counter()
        fitted = fit(turn)
        seconds.append(fitted.pop("seconds", time.perf_counter() - start))
        taken.setdefault("peak", memory("VmHWM"))  # of the first fit
        if time.perf_counter() - began >= turn["atLeast"]:
            return {**fitted, "seconds": seconds, "memory": taken}


def main():
    library, dtype = sys.argv[1:]
    fit = taken = None
    for line in sys.stdin:
        try:
            message = json.loads(line)
            if "task" in message:
                data = {name: read(array) for name, array in message["data"].items()}
                data["x"] = np.ascontiguousarray(data["x"], dtype)
                fit = FITS[library][message["task"]](data["x"], data, message)
                taken = {"before": forget_peak()}
                answer = {"versions": versions(library)}
            else:
                answer = take_turn(fit, message, taken)
        except Exception as error:
            answer = {"error": str(error)}
        print(json.dumps(answer), file=answers, flush=True)


main()
