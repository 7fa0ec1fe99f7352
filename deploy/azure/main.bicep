// SER as an Azure Web App for Containers: registry, plan, app, logs, autoscale. `deploy.sh` beside it runs it.
targetScope = 'resourceGroup'

@description('Name of the web app and, with .azurewebsites.net, its address. 2 to 40 letters, digits and hyphens.')
@minLength(2)
@maxLength(40)
param name string

@description('Where everything lies. Recordings are processed there, and nowhere else.')
param location string = resourceGroup().location

@description('Size of a machine. P0v3: 1 core, 4 GB. P1v3: 2 cores, 8 GB, about 50 people at once.')
@allowed(['B2', 'B3', 'P0v3', 'P1v3', 'P2v3', 'P3v3'])
param sku string = 'P1v3'

@description('Most machines that autoscale may start; 1 switches it off. Plans B2 and B3 do not scale by themselves.')
@minValue(1)
@maxValue(30)
param machinesMax int = 3

@description('The image in the registry, with its tag.')
param image string = 'ser:latest'

@description('Asked for by the API in the header X-API-Key; empty for none.')
@secure()
param apiKey string = ''

@description('Requests that one client of the API may make, such as 60/minute; empty for any number.')
param apiRate string = '60/minute'

@description('Bearer token that /metrics asks for; empty: there is no /metrics.')
@secure()
param metricsKey string = ''

@description('What visitors of every page must read, such as that emotions are inferred here; empty for none.')
param notice string = ''

var scales = machinesMax > 1 && startsWith(sku, 'P')
// AcrPull: https://learn.microsoft.com/azure/role-based-access-control/built-in-roles
var pullRole = subscriptionResourceId('Microsoft.Authorization/roleDefinitions', '7f951dda-4ed3-4680-a7ca-43fe172d538d')

resource logs 'Microsoft.OperationalInsights/workspaces@2023-09-01' = {
  name: '${name}-logs'
  location: location
  properties: {
    retentionInDays: 30
    sku: { name: 'PerGB2018' }
  }
}

resource registry 'Microsoft.ContainerRegistry/registries@2023-07-01' = {
  name: '${take(replace(toLower(name), '-', ''), 30)}${take(uniqueString(resourceGroup().id), 8)}'
  location: location
  sku: { name: 'Basic' }
  properties: { adminUserEnabled: false }
}

resource plan 'Microsoft.Web/serverfarms@2023-12-01' = {
  name: '${name}-plan'
  location: location
  kind: 'linux'
  sku: { name: sku, capacity: 1 }
  properties: { reserved: true }
}

resource app 'Microsoft.Web/sites@2023-12-01' = {
  name: name
  location: location
  kind: 'app,linux,container'
  identity: { type: 'SystemAssigned' }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true // browsers offer the microphone on https only
    clientAffinityEnabled: true // a session lives in one process: its visitor must come back to it
    siteConfig: {
      linuxFxVersion: 'DOCKER|${registry.properties.loginServer}/${image}'
      acrUseManagedIdentityCreds: true
      alwaysOn: true
      webSocketsEnabled: true
      http20Enabled: false // the page's websocket upgrades from HTTP/1.1
      ftpsState: 'Disabled'
      minTlsVersion: '1.2'
      healthCheckPath: '/_stcore/health'
      appSettings: [
        { name: 'WEBSITES_PORT', value: '8501' }
        { name: 'PORT', value: '8501' }
        { name: 'WEBSITE_WARMUP_PATH', value: '/_stcore/health' }
        { name: 'WEBSITES_CONTAINER_START_TIME_LIMIT', value: '230' }
        { name: 'WEBSITES_ENABLE_APP_SERVICE_STORAGE', value: 'false' } // nothing is to be stored
        { name: 'SER_API_KEY', value: apiKey }
        { name: 'SER_API_RATE', value: apiRate }
        { name: 'SER_NOTICE', value: notice }
        { name: 'SER_METRICS', value: empty(metricsKey) ? 'off' : 'on' } // the app's address is public
        { name: 'SER_METRICS_KEY', value: metricsKey }
      ]
    }
  }
}

resource pull 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(registry.id, app.id, pullRole)
  scope: registry
  properties: {
    principalId: app.identity.principalId
    principalType: 'ServicePrincipal'
    roleDefinitionId: pullRole
  }
}

resource appLogs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: app
  properties: {
    workspaceId: logs.id
    // Not AppServiceHTTPLogs: they would keep who asked what.
    logs: [
      { category: 'AppServiceConsoleLogs', enabled: true }
      { category: 'AppServicePlatformLogs', enabled: true }
    ]
    metrics: [{ category: 'AllMetrics', enabled: true }]
  }
}

resource autoscale 'Microsoft.Insights/autoscaleSettings@2022-10-01' = if (scales) {
  name: '${name}-autoscale'
  location: location
  properties: {
    enabled: true
    targetResourceUri: plan.id
    profiles: [
      {
        name: 'by processor'
        capacity: { minimum: '1', maximum: string(machinesMax), default: '1' }
        rules: [
          {
            metricTrigger: {
              metricName: 'CpuPercentage'
              metricResourceUri: plan.id
              timeGrain: 'PT1M'
              statistic: 'Average'
              timeWindow: 'PT5M'
              timeAggregation: 'Average'
              operator: 'GreaterThan'
              threshold: 65
            }
            scaleAction: { direction: 'Increase', type: 'ChangeCount', value: '1', cooldown: 'PT5M' }
          }
          {
            metricTrigger: {
              metricName: 'CpuPercentage'
              metricResourceUri: plan.id
              timeGrain: 'PT1M'
              statistic: 'Average'
              timeWindow: 'PT15M'
              timeAggregation: 'Average'
              operator: 'LessThan'
              threshold: 20
            }
            scaleAction: { direction: 'Decrease', type: 'ChangeCount', value: '1', cooldown: 'PT15M' }
          }
        ]
      }
    ]
  }
}

output address string = 'https://${app.properties.defaultHostName}'
output registry string = registry.name
output registryServer string = registry.properties.loginServer
