import type { Random } from './random.js';

/** What payers of a country look like from the network and the card side. */
export interface SimCountry {
  /** First two bytes of IPv4 networks registered there, as `a.b`. */
  readonly networks: readonly string[];
  /** BINs of its issuers with brand (v, m) and funding (c, d). Empty: foreign cards only. */
  readonly bins: readonly string[];
  /** Calling code and an example pattern of a mobile number, # a digit. */
  readonly phone: string;
  readonly postalCode: string;
  readonly cities: readonly string[];
}

const country = (
  networks: string,
  bins: string,
  phone: string,
  postalCode: string,
  cities: string,
): SimCountry => ({
  networks: networks.split(' '),
  bins: bins === '' ? [] : bins.split(' '),
  phone,
  postalCode,
  cities: cities.split(' '),
});

/** The countries the simulated payers and thieves come from, by ISO 3166-1 alpha-2. */
export const SIM_COUNTRIES: Readonly<Record<string, SimCountry>> = {
  ES: country(
    '79.155 85.53 95.23',
    '405921vc 409015vc 410626vc 413388vd',
    '+346########',
    '280##',
    'Madrid Sevilla Valencia',
  ),
  FR: country(
    '82.228 90.48',
    '453301vc 453370vc 455671vd 455670vc',
    '+336########',
    '750##',
    'Paris Lyon Lille',
  ),
  DE: country(
    '53.174 87.165',
    '414912vd 415932vd 420567vc 426354vc',
    '+4915########',
    '101##',
    'Berlin Hamburg Köln',
  ),
  IT: country(
    '79.45 88.62',
    '402360vd 403003vc 427324vc 432917vd',
    '+393########',
    '001##',
    'Roma Milano Torino',
  ),
  GB: country(
    '31.121 85.189',
    '402396vc 410970vc 446238vd 446271vd',
    '+447#########',
    'SW## 1AA',
    'London Leeds Bristol',
  ),
  NL: country(
    '84.31 144.209',
    '456353vc 456354vc 472906vd 510008mc',
    '+316########',
    '10## AB',
    'Amsterdam Utrecht',
  ),
  BE: country('81.240 83.134', '408490vc 423608vc 445471vc', '+324########', '10##', 'Brussel Gent'),
  PL: country('79.186 83.30', '412541vc 424671vd 432945vd', '+485########', '00-###', 'Warszawa Gdynia'),
  SE: country('81.225 95.198', '453903vd 455262vd 522661mc', '+467########', '111 ##', 'Stockholm Malmö'),
  NO: country('84.213 139.109', '410651vd 420377vd 424327vc', '+474#######', '01##', 'Oslo Bergen'),
  DK: country('80.163 87.55', '457105vd 457108vd 457120vd', '+452#######', '21##', 'København Aarhus'),
  CH: country('74.161 138.228', '448574vc 490117vc 495000vc', '+417########', '80##', 'Zürich Genève'),
  PT: country('85.242 94.62', '403541vc 422240vc 440637vc', '+3519########', '1000-###', 'Lisboa Porto'),
  US: country(
    '33.223 76.127',
    '400344vc 400388vc 400022vd 400177vd',
    '+1415#######',
    '94###',
    'Oakland Dallas Boston',
  ),
  CA: country('76.67 142.31', '450003vc 450065vc 450220vc', '+1416#######', 'M5V 2T#', 'Toronto Montréal'),
  MX: country('187.143 187.253', '402029vc 402318vc 400819vd', '+5255########', '06###', 'Puebla Monterrey'),
  BR: country(
    '177.214 187.23',
    '400163vd 400178vd 400217vc 400247vc',
    '+55119########',
    '01###-000',
    'Curitiba Recife',
  ),
  AR: country('181.79 186.57', '402918vc 405071vc 430496vc', '+54911########', 'C10##', 'Rosario Mendoza'),
  CL: country('179.8 186.41', '419189vc 450878vc 521892mc', '+569########', '83#####', 'Santiago Temuco'),
  CO: country('181.139 186.99', '404280vc 422274vc 433460vc', '+573#########', '11####', 'Bogota Cali'),
  PE: country('181.176 190.116', '421410vd 422224vc 448700vc', '+519########', '150##', 'Lima Cusco'),
  RU: country('77.34 95.25', '426803vc 427938vd 510070mc', '+79#########', '101###', 'Moskva Kazan'),
  TR: country('78.184 88.247', '402278vc 402590vc 405919vd', '+905#########', '340##', 'Istanbul Izmir'),
  IL: country('77.127 87.68', '458003vc 458008vc 458012vc', '+9725########', '61#####', 'Haifa Eilat'),
  JP: country('116.81 133.146', '453450vc 454153vc 454294vc', '+8190########', '150-00##', 'Tokyo Osaka'),
  AU: country('58.170 122.107', '401795vd 405221vc 407220vc', '+614########', '20##', 'Sydney Perth'),
  KW: country('37.231 94.128', '', '+9655#######', '13###', 'Kuwait Hawalli'),
  NG: country('102.94 105.118', '418742vd 420333vd 458587vd', '+23480########', '100###', 'Lagos Abuja'),
  VN: country('14.243 113.172', '', '+849########', '700###', 'Hanoi Hue'),
  ID: country('39.211 114.0', '409675vc 410505vc 413718vc', '+628#########', '101##', 'Jakarta Bandung'),
  RO: country('82.77 89.120', '414049vd 419995vd', '+407########', '0101##', 'Cluj Iasi'),
};

/** The named country; throws for one that is not in the table. */
export function simCountry(code: string): SimCountry {
  const found = SIM_COUNTRIES[code];
  if (found === undefined) throw new Error(`the simulator knows no country ${code}`);
  return found;
}

/** Fills the # of a pattern with digits. */
export function fillDigits(pattern: string, random: Random): string {
  return pattern.replace(/#/g, () => String(random.between(0, 9)));
}

/** A public IPv4 address of the country. */
export function simAddress(code: string, random: Random): string {
  return `${random.pick(simCountry(code).networks)}.${random.between(0, 255)}.${random.between(1, 254)}`;
}
