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

# No stand-in: podman as Debian has it, to run Kubernetes' manifests in.
FROM standin-python AS podman
RUN apt-get update -qq && apt-get install -qq --no-install-recommends \
    podman runc catatonit netavark aardvark-dns iptables > /dev/null
CMD ["sleep", "infinity"]
