import { brokerJarsPresent } from './broker-jars.js';
import { hasMaven, javaVersion, MINIMUM_JAVA } from './java.js';

/**
 * What the embedded broker needs and this machine lacks, one line each with what to do; empty when nothing is
 * missing.
 */
export async function requirements(): Promise<string[]> {
  const missing: string[] = [];
  const java = await javaVersion();
  const needed = `Java ${MINIMUM_JAVA} or newer is needed for the embedded Kafka broker`;
  const instead = 'or set KAFKA_BROKERS to use a broker of your own';
  if (java === null) {
    missing.push(
      `${needed} and there is none on the PATH or in JAVA_HOME: install one (such as openjdk-17-jre-headless), ${instead}`,
    );
  } else if (java < MINIMUM_JAVA) {
    missing.push(`${needed}, and the one found is ${java}: install a newer one, ${instead}`);
  }
  if (!(await brokerJarsPresent()) && !(await hasMaven())) {
    missing.push(
      `Maven (mvn) is needed to fetch the embedded Kafka broker the first time: install it (package maven), ${instead}`,
    );
  }
  return missing;
}
