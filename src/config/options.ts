export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'silent'] as const;
export type LogLevel = (typeof LOG_LEVELS)[number];

interface Option {
  readonly name: string;
  readonly environment: string;
  readonly fallback: string;
  readonly help: string;
}

/** Every option: its name in the file, its environment variable, its default. `--name` on the command line where given. */
export const OPTIONS = [
  {
    name: 'listen',
    environment: 'TOLLGATE_LISTEN',
    fallback: '127.0.0.1:50051',
    help: 'HOST:PORT of the gRPC services',
  },
  {
    name: 'http',
    environment: 'TOLLGATE_HTTP',
    fallback: '127.0.0.1:9464',
    help: 'HOST:PORT of metrics and health',
  },
  {
    name: 'insecureListen',
    environment: 'TOLLGATE_INSECURE_LISTEN',
    fallback: 'refuse',
    help: 'refuse or allow: addresses that other machines reach without identities and TLS',
  },
  {
    name: 'identities',
    environment: 'TOLLGATE_IDENTITIES',
    fallback: 'development',
    help: 'development (nobody is asked who they are) or required (keys and certificates)',
  },
  {
    name: 'tlsCert',
    environment: 'TOLLGATE_TLS_CERT',
    fallback: '',
    help: 'PEM file: the certificate of gRPC and HTTP, with its chain; empty: no TLS',
  },
  {
    name: 'tlsKey',
    environment: 'TOLLGATE_TLS_KEY',
    fallback: '',
    help: 'PEM file: the private key of that certificate',
  },
  {
    name: 'clientCa',
    environment: 'TOLLGATE_CLIENT_CA',
    fallback: '',
    help: 'PEM file: the authority whose client certificates are believed; empty: none',
  },
  {
    name: 'store',
    environment: 'TOLLGATE_STORE',
    fallback: 'sqlite:tollgate.db',
    help: 'sqlite:FILE or a mongodb:// URI',
  },
  {
    name: 'sites',
    environment: 'TOLLGATE_SITES',
    fallback: 'lenient',
    help: 'lenient or strict: what an unknown site gets',
  },
  {
    name: 'defaultTimeZone',
    environment: 'TOLLGATE_DEFAULT_TIME_ZONE',
    fallback: 'UTC',
    help: 'IANA time zone of the default site',
  },
  {
    name: 'defaultCountry',
    environment: 'TOLLGATE_DEFAULT_COUNTRY',
    fallback: '',
    help: 'country of the default site',
  },
  {
    name: 'defaultCurrency',
    environment: 'TOLLGATE_DEFAULT_CURRENCY',
    fallback: 'USD',
    help: 'currency of the default site',
  },
  {
    name: 'rates',
    environment: 'TOLLGATE_RATES',
    fallback: '',
    help: 'exchange rate file; empty: the sample that ships',
  },
  {
    name: 'geoip',
    environment: 'TOLLGATE_GEOIP',
    fallback: '',
    help: 'MMDB file, IP to country; empty: the one that ships',
  },
  {
    name: 'bins',
    environment: 'TOLLGATE_BINS',
    fallback: '',
    help: 'BIN ranges, CSV; empty: the file that ships',
  },
  {
    name: 'rules',
    environment: 'TOLLGATE_RULES',
    fallback: '',
    help: 'folder of rule sets for an empty store; empty: those that ship; none: no rules',
  },
  {
    name: 'lapse',
    environment: 'TOLLGATE_LAPSE',
    fallback: '30m',
    help: 'how long a decision permits a payment',
  },
  {
    name: 'skew',
    environment: 'TOLLGATE_SKEW',
    fallback: '15m',
    help: 'how far a live event time may be from arrival',
  },
  {
    name: 'onSkew',
    environment: 'TOLLGATE_ON_SKEW',
    fallback: 'flag',
    help: 'flag or refuse: what an event time beyond the skew gets',
  },
  {
    name: 'maxInFlight',
    environment: 'TOLLGATE_MAX_IN_FLIGHT',
    fallback: '8192',
    help: 'calls under way at most',
  },
  {
    name: 'windowMemory',
    environment: 'TOLLGATE_WINDOW_MEMORY',
    fallback: '128',
    help: 'memory for velocity windows, MiB',
  },
  { name: 'logLevel', environment: 'TOLLGATE_LOG_LEVEL', fallback: 'info', help: LOG_LEVELS.join(', ') },
  {
    name: 'logSample',
    environment: 'TOLLGATE_LOG_SAMPLE',
    fallback: '1000',
    help: 'one decision in so many is logged; 0: none',
  },
] as const satisfies readonly Option[];

export type OptionName = (typeof OPTIONS)[number]['name'];
