# policygen in a container, built from Debian's packages alone:
#
#     docker build --tag policygen .
#     docker run --rm --volume ~/.aws:/home/policygen/.aws:ro policygen audit --profile audit
FROM debian:trixie-slim AS build
# The compiler in trixie is older than `rust-version` in Cargo.toml.
RUN sed -i 's/^Suites: trixie trixie-updates$/& trixie-backports/' /etc/apt/sources.list.d/debian.sources \
    && apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates gcc libc6-dev \
    && apt-get install --yes --no-install-recommends --target-release trixie-backports cargo rustc \
    && rm -rf /var/lib/apt/lists/*
WORKDIR /source
# For `--version`: `--build-arg TWO_PERSON_RULE_COMMIT=$(git rev-parse HEAD)`.
ARG TWO_PERSON_RULE_COMMIT=""
COPY . .
RUN cargo install --path policygen --locked --root /out

FROM debian:trixie-slim
RUN apt-get update \
    && apt-get install --yes --no-install-recommends ca-certificates \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --create-home --uid 10001 policygen
COPY --from=build /out/bin/policygen /usr/local/bin/policygen
# By number, so that Kubernetes can tell that it is not root.
USER 10001
WORKDIR /home/policygen
ENTRYPOINT ["policygen"]
