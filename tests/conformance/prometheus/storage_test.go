package conformance

import "github.com/prometheus/prometheus/storage"

type storageQueryable = storage.Queryable
