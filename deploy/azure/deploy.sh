#!/usr/bin/env bash
# Puts SER onto Azure Web Apps: group, registry, image, app. Run it again to bring a new version.
#
#   deploy/azure/deploy.sh NAME [LOCATION] [KEY=VALUE ...]
#
# KEY=VALUE are parameters of main.bicep, such as sku=P0v3 apiKey=… notice="…". Needs the Azure CLI, logged in
# (az login); the image is built in Azure, so Docker is not needed.
set -euo pipefail
cd "$(dirname "$0")/../.."

if [ $# -lt 1 ]; then
    sed -n '2,7p' "$0" >&2
    exit 2
fi
command -v az >/dev/null || { echo "Error: the Azure CLI (az) is not installed: https://aka.ms/azcli" >&2; exit 1; }
az account show --output none 2>/dev/null || { echo "Error: not logged in. Run: az login" >&2; exit 1; }

NAME=$1
LOCATION=${2:-westeurope}
shift $(($# < 2 ? $# : 2))
GROUP="$NAME-group"
TAG=$(git rev-parse --short HEAD 2>/dev/null || date +%Y%m%d%H%M)

echo "Group $GROUP in $LOCATION …"
az group create --name "$GROUP" --location "$LOCATION" --output none

deploy() { # the same template twice: the registry must be there before the image, the image before the app can start
    az deployment group create --resource-group "$GROUP" --template-file deploy/azure/main.bicep \
        --parameters name="$NAME" image="ser:$TAG" "$@" --query properties.outputs --output json
}
echo "Registry, plan and app …"
OUTPUTS=$(deploy "$@")
value() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]]["value"])' "$1" <<<"$OUTPUTS"; }

echo "Image ser:$TAG, built in the registry (about 5 minutes) …"
az acr build --registry "$(value registry)" --image "ser:$TAG" --image ser:latest . --output none

echo "Starting …"
az webapp restart --name "$NAME" --resource-group "$GROUP"
ADDRESS=$(value address)
for _ in $(seq 60); do
    if curl --silent --fail --max-time 10 "$ADDRESS/_stcore/health" >/dev/null; then
        echo "Ready: $ADDRESS (API: $ADDRESS/api/v1/docs)"
        exit 0
    fi
    sleep 5
done
echo "Error: $ADDRESS/_stcore/health does not answer after 5 minutes. Its log: az webapp log tail --name $NAME" \
    "--resource-group $GROUP; what it may be: docs/azure.md" >&2
exit 1
