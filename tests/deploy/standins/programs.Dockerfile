# Where the images of HAProxy, nginx and Prometheus cannot be had: Debian's own, of the release that has those versions.
FROM standin-python AS next
RUN sed 's/trixie/forky/' /etc/apt/sources.list > /etc/apt/sources.list.d/next.list && \
    apt-get update -qq -o Acquire::Check-Valid-Until=false

FROM next AS haproxy
RUN apt-get install -qq --no-install-recommends -t forky haproxy > /dev/null && \
    apt-get install -qq --no-install-recommends wget > /dev/null
USER haproxy
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]

FROM standin-python AS nginx
RUN apt-get update -qq && apt-get install -qq --no-install-recommends nginx-light wget > /dev/null
USER www-data
CMD ["nginx", "-g", "daemon off;"]

FROM next AS prometheus
RUN apt-get install -qq --no-install-recommends -t forky prometheus > /dev/null && install -d -o nobody /prometheus
USER nobody
ENTRYPOINT ["prometheus"]

# For pods, whose connections are encrypted: the wheel that the other stand-in has cannot do that.
FROM next AS encrypting-postgres
RUN DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends -t forky postgresql-18 > /dev/null && \
    rm -rf /var/lib/postgresql/18
COPY postgres/entrypoint.sh /usr/local/bin/docker-entrypoint.sh
ENV PATH=/usr/lib/postgresql/18/bin:$PATH PGDATA=/var/lib/postgresql/18/docker
STOPSIGNAL SIGINT
ENTRYPOINT ["sh", "/usr/local/bin/docker-entrypoint.sh"]
CMD ["postgres"]

# No stand-in: podman as Debian has it, to run Kubernetes' manifests in.
FROM standin-python AS podman
RUN apt-get update -qq && apt-get install -qq --no-install-recommends \
    podman runc catatonit netavark aardvark-dns iptables > /dev/null
CMD ["sleep", "infinity"]
