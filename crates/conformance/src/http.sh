# Makes the web server that tests of HTTP expect: nginx with certificates of an authority of its own, by several names,
# in front of httpbin. Its start script is run in sandboxes with a network of their own.
set -e
cd /opt/conformance/http
authority() {
  openssl req -new -x509 -nodes -newkey rsa:2048 -days 3650 -subj "/O=conformance/CN=$2" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=keyCertSign,cRLSign -keyout "tls/$1.key" -out "tls/$1.pem"
}
certificate() {
  openssl req -new -nodes -newkey rsa:2048 -subj "/O=conformance/CN=$2" -keyout "tls/$2.key" -out "tls/$2.csr"
  openssl x509 -req -in "tls/$2.csr" -CA "tls/$1.pem" -CAkey "tls/$1.key" -CAcreateserial -days 3650 -out "tls/$2.pem" \
    -extfile <(printf "subjectAltName=DNS:$2\nbasicConstraints=CA:FALSE\n")
}
{
  authority ca1 ansible.http.tests
  authority ca2 ca2.ansible.http.tests
  for name in ansible sni1.ansible sni2.ansible client.ansible; do certificate ca1 "$name.http.tests"; done
  certificate ca2 self-signed.ansible.http.tests
} 2>/dev/null
cp tls/ca1.pem www/cacert.pem
cp tls/ca2.pem www/ca2cert.pem
cp tls/client.ansible.http.tests.pem www/client.pem
cp tls/client.ansible.http.tests.key www/client.key
chmod -R a+rX .
tls() { echo "ssl_certificate $PWD/tls/$1.pem; ssl_certificate_key $PWD/tls/$1.key;"; }
cat > nginx.conf <<EOS
user root; worker_processes 1; pid /run/conformance-nginx.pid; error_log /var/log/conformance-nginx.log;
events { worker_connections 256; }
http {
  access_log off; default_type text/plain; client_max_body_size 50m;
  server {
    listen 127.0.0.1:80 default_server; listen 127.0.0.1:443 ssl default_server; server_name ansible.http.tests;
    $(tls ansible.http.tests)
    ssl_client_certificate $PWD/tls/ca1.pem; ssl_verify_client optional;
    location ~ ^/(cacert\.pem|ca2cert\.pem|client\.pem|client\.key)$ { root $PWD/www; }
    location = /ssl_client_verify { return 200 "ansible.http.tests:\$ssl_client_verify"; }
    location / {
      proxy_pass http://127.0.0.1:8000; proxy_set_header Host \$http_host; proxy_redirect off;
      proxy_set_header X-Forwarded-Proto \$scheme; proxy_set_header X-Forwarded-For \$proxy_add_x_forwarded_for;
    }
  }
  server { listen 127.0.0.1:80; listen 127.0.0.1:443 ssl; server_name sni1.ansible.http.tests;
    $(tls sni1.ansible.http.tests) location / { return 200 \$host; } }
  server { listen 127.0.0.1:80; listen 127.0.0.1:443 ssl; server_name sni2.ansible.http.tests;
    $(tls sni2.ansible.http.tests) location / { return 200 \$host; } }
  server { listen 127.0.0.1:80; listen 127.0.0.1:444 ssl; server_name self-signed.ansible.http.tests;
    $(tls self-signed.ansible.http.tests) location / { return 200 \$host; } }
  server { listen 127.0.0.1:80; server_name fail.ansible.http.tests; return 301 https://\$host\$request_uri; }
}
EOS
cat > start.sh <<'EOS'
#!/bin/bash
ip link set lo up
names=ansible.http.tests
for name in sni1 sni2 fail self-signed; do names="$names $name.ansible.http.tests"; done
echo "127.0.0.1 $names" >> /etc/hosts
cd /opt/conformance/http
./python/bin/gunicorn -D -w 2 -b 127.0.0.1:8000 httpbin:app
nginx -c "$PWD/nginx.conf"
for try in $(seq 50); do
  (exec 3<>/dev/tcp/127.0.0.1/8000) 2>/dev/null && break
  sleep .2
done
EOS
chmod +x start.sh
