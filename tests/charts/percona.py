"""The fields of the Percona operator's custom resources that the charts may use, as its handbook documents them (2.x).

The operator's own definitions (CRDs) are not at hand; these schemas, strict as the cluster's API is, catch a misspelt
or misplaced field, and do not know of an operator's later change.
"""

from typing import Any

Schema = dict[str, Any]


def fields(*required: str, **known: Schema) -> Schema:
    return {"type": "object", "additionalProperties": False, "properties": known, "required": list(required)}


def many(item: Schema) -> Schema:
    return {"type": "array", "items": item}


TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "integer"}
ANY: Schema = {"type": "object"}  # Kubernetes' own, or PostgreSQL's parameters
REFERENCE = fields("name", name=TEXT, key=TEXT)
SECRETS = many(fields("secret", secret=fields("name", name=TEXT)))
OPTIONS = {"type": "object", "additionalProperties": TEXT}
S3 = fields("bucket", "endpoint", "region", bucket=TEXT, endpoint=TEXT, region=TEXT)
CRON = {"type": "string", "pattern": r"^(\S+ ){4}\S+$"}
CLAIM = fields("accessModes", "resources", storageClassName=TEXT, accessModes=many(TEXT), resources=ANY)
REPOSITORY = fields(
    "name",
    name={"type": "string", "pattern": "^repo[1-4]$"},
    schedules=fields(full=CRON, differential=CRON, incremental=CRON),
    s3=S3,
    volume=fields("volumeClaimSpec", volumeClaimSpec=CLAIM),
)
INSTANCE = fields(
    "dataVolumeClaimSpec",
    name=TEXT,
    replicas={"type": "integer", "minimum": 1},
    resources=ANY,
    dataVolumeClaimSpec=CLAIM,
    walVolumeClaimSpec=CLAIM,
    affinity=ANY,
    topologySpreadConstraints=many(ANY),
    tolerations=many(ANY),
    priorityClassName=TEXT,
    securityContext=ANY,
    sidecars=many(ANY),
)
CLUSTER = fields(
    "postgresVersion",
    "instances",
    "backups",
    crVersion=TEXT,
    image=TEXT,
    imagePullPolicy=TEXT,
    imagePullSecrets=many(fields("name", name=TEXT)),
    postgresVersion={"type": "integer", "minimum": 12},
    port=NUMBER,
    pause={"type": "boolean"},
    users=many(
        fields(
            "name",
            name={"type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$"},
            databases=many(TEXT),
            options=TEXT,
            password=fields("type", type={"enum": ["ASCII", "AlphaNumeric"]}),
            secretName=TEXT,
        )
    ),
    databaseInitSQL=REFERENCE,
    dataSource=fields(
        pgbackrest=fields(
            "stanza",
            "repo",
            stanza=TEXT,
            configuration=SECRETS,
            **{"global": OPTIONS},
            options=many(TEXT),
            repo=fields("name", name=TEXT, s3=S3),
        ),
        postgresCluster=fields(clusterName=TEXT, repoName=TEXT, options=many(TEXT)),
    ),
    instances=many(INSTANCE),
    proxy=fields(pgBouncer=fields(replicas={"type": "integer", "minimum": 0}, image=TEXT, resources=ANY)),
    patroni=fields(dynamicConfiguration=ANY, syncPeriodSeconds=NUMBER, leaderLeaseDurationSeconds=NUMBER),
    backups=fields(
        pgbackrest=fields(
            "repos",
            image=TEXT,
            configuration=SECRETS,
            **{"global": OPTIONS},
            manual=fields("repoName", repoName=TEXT, options=many(TEXT)),
            repos=many(REPOSITORY),
        )
    ),
)
RESTORE = fields("pgCluster", "repoName", pgCluster=TEXT, repoName=TEXT, options=many(TEXT))
SPECS = {"PerconaPGCluster": CLUSTER, "PerconaPGRestore": RESTORE}
