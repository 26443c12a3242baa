# Where the images of HAProxy and nginx cannot be had: Debian's own, of the same release.
FROM standin-python AS haproxy
RUN apt-get update -qq && apt-get install -qq --no-install-recommends haproxy wget > /dev/null
USER haproxy
CMD ["haproxy", "-W", "-db", "-f", "/usr/local/etc/haproxy/haproxy.cfg"]

FROM standin-python AS nginx
RUN apt-get update -qq && apt-get install -qq --no-install-recommends nginx-light wget > /dev/null
USER www-data
CMD ["nginx", "-g", "daemon off;"]

FROM standin-python AS prometheus
RUN apt-get update -qq && apt-get install -qq --no-install-recommends prometheus > /dev/null && \
    install -d -o nobody /prometheus
USER nobody
ENTRYPOINT ["prometheus"]
