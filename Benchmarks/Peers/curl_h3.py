"""Downloads a URL with libcurl (curl_cffi) and keeps nothing: curl_h3.py URL CA 2|3."""
import sys
from curl_cffi import Curl, CurlOpt

url, ca, version = sys.argv[1:]
received = 0


def take(data):
    global received
    received += len(data)
    return len(data)


curl = Curl()
curl.setopt(CurlOpt.URL, url.encode())
curl.setopt(CurlOpt.CAINFO, ca.encode())
# CURL_HTTP_VERSION_2_0, CURL_HTTP_VERSION_3ONLY
curl.setopt(CurlOpt.HTTP_VERSION, {"2": 3, "3": 31}[version])
curl.setopt(CurlOpt.WRITEFUNCTION, take)
curl.perform()
print(f"curl_cffi http={version} count={received}")
