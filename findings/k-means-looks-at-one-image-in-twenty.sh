#!/usr/bin/env bash
# Guess:   k-means of 50,000 features in 10 clusters depends on 50,000 features.
# Happens: on 2,560. faiss.Kmeans draws 256 a cluster, always the same ones, and says so only if it is verbose: with the
#          other 47,440 features set to zero the centroids are the same to the last bit. A class that is one in two
#          thousand has one image in twenty chances. seed=1234 unless it is given, so repeating gives the
#          same clusters and no spread; with all points (max_points_per_centroid) they differ.
# Matters: pseudo-labels of DeepCluster and its kin, clustering accuracies of representations, prototypes: of fewer clusters
#          from less data than is written, with an apparent variance of nothing.
# Seen:    faiss-cpu 1.15.1, numpy 2.4.6, 2026-11-28.
set -euo pipefail
. "$(dirname "$0")/lib.sh"
packages faiss-cpu==1.15.1 numpy==2.4.6

run <<'PY'
import faiss, numpy

faiss.omp_set_num_threads(1)
numbers = numpy.random.default_rng(0)
features = numbers.normal(size=(50_000, 16)).astype("float32")

def centroids(features, **more):
    kmeans = faiss.Kmeans(16, 10, **more)
    kmeans.train(features)
    return kmeans.centroids

drawn = numpy.zeros(50_000, "int32")
faiss.rand_perm(faiss.swig_ptr(drawn), 50_000, 1234)
nothing_else = numpy.zeros_like(features)
nothing_else[drawn[:2560]] = features[drawn[:2560]]
same = numpy.array_equal(centroids(features), centroids(nothing_else))
all_points = numpy.array_equal(centroids(features, max_points_per_centroid=50_000), centroids(nothing_else, max_points_per_centroid=50_000))
again = numpy.array_equal(centroids(features), centroids(features))
seeded = numpy.array_equal(centroids(features), centroids(features, seed=1))
print(f"centroids of 50,000 features are those of 2,560 of them and 47,440 zeros: {same}; with all points: {all_points}; "
      f"of a second run: {again}; with another seed: {seeded}")
assert same and again and not all_points and not seeded
PY
