import ca.uhn.fhir.batch2.api.IJobMaintenanceService;
import ca.uhn.fhir.batch2.jobs.config.Batch2JobsConfig;
import ca.uhn.fhir.batch2.jobs.export.BulkDataExportProvider;
import ca.uhn.fhir.context.FhirContext;
import ca.uhn.fhir.context.support.IValidationSupport;
import ca.uhn.fhir.interceptor.api.Hook;
import ca.uhn.fhir.interceptor.api.Pointcut;
import ca.uhn.fhir.jpa.api.config.JpaStorageSettings;
import ca.uhn.fhir.jpa.api.config.ThreadPoolFactoryConfig;
import ca.uhn.fhir.jpa.api.dao.IFhirSystemDao;
import ca.uhn.fhir.jpa.batch2.JpaBatch2Config;
import ca.uhn.fhir.jpa.config.HapiJpaConfig;
import ca.uhn.fhir.jpa.config.r4.JpaR4Config;
import ca.uhn.fhir.jpa.config.util.HapiEntityManagerFactoryUtil;
import ca.uhn.fhir.jpa.model.config.PartitionSettings;
import ca.uhn.fhir.jpa.model.config.SubscriptionSettings;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirH2Dialect;
import ca.uhn.fhir.jpa.model.dialect.HapiFhirPostgresDialect;
import ca.uhn.fhir.jpa.provider.JpaCapabilityStatementProvider;
import ca.uhn.fhir.jpa.provider.JpaSystemProvider;
import ca.uhn.fhir.jpa.search.DatabaseBackedPagingProvider;
import ca.uhn.fhir.jpa.searchparam.config.NicknameServiceConfig;
import ca.uhn.fhir.jpa.subscription.channel.config.SubscriptionChannelConfig;
import ca.uhn.fhir.rest.api.server.RequestDetails;
import ca.uhn.fhir.rest.server.RestfulServer;
import ca.uhn.fhir.rest.server.provider.ResourceProviderFactory;
import ca.uhn.fhir.rest.server.util.ISearchParamRegistry;
import jakarta.persistence.EntityManagerFactory;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.sql.Connection;
import java.util.Properties;
import javax.sql.DataSource;
import org.apache.commons.dbcp2.BasicDataSource;
import org.eclipse.jetty.ee10.servlet.ServletContextHandler;
import org.eclipse.jetty.ee10.servlet.ServletHolder;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.springframework.beans.factory.config.ConfigurableListableBeanFactory;
import org.springframework.context.annotation.AnnotationConfigApplicationContext;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;
import org.springframework.context.annotation.Import;
import org.springframework.context.annotation.Primary;
import org.springframework.orm.jpa.JpaTransactionManager;
import org.springframework.orm.jpa.LocalContainerEntityManagerFactoryBean;

/**
 * HAPI FHIR R4 on a free loopback port, over the database that the system property "database" names (a JDBC URL: H2
 * in memory or on disk, or PostgreSQL). "schema" is "create" for an empty database, "none" for one that HAPI has used.
 * Prints its base URL as the one line of standard output when it is ready, and ends when standard input closes:
 * so it cannot outlive whoever started it.
 */
@Configuration
@Import({JpaR4Config.class, HapiJpaConfig.class, JpaBatch2Config.class, Batch2JobsConfig.class,
    NicknameServiceConfig.class, SubscriptionChannelConfig.class, ThreadPoolFactoryConfig.class})
public class HapiForTests {

  private static final String DATABASE = System.getProperty("database", "jdbc:h2:mem:hapi;DB_CLOSE_DELAY=-1");
  private static final boolean POSTGRESQL = DATABASE.startsWith("jdbc:postgresql:");

  public static void main(String[] args) throws Exception {
    PrintStream answers = System.out;
    System.setOut(System.err); // libraries that print must not mix with the one line
    try {
      var context = new AnnotationConfigApplicationContext(HapiForTests.class);
      Server server = new Server();
      ServerConnector connector = new ServerConnector(server);
      connector.setHost("127.0.0.1");
      connector.setIdleTimeout(600_000); // a large transaction on a busy machine takes longer than Jetty's 30 seconds
      server.addConnector(connector);
      ServletContextHandler root = new ServletContextHandler();
      root.addServlet(new ServletHolder(restfulServer(context)), "/fhir/*");
      server.setHandler(root);
      server.start();
      answers.println("http://127.0.0.1:" + connector.getLocalPort() + "/fhir");
      answers.flush();
      System.in.transferTo(OutputStream.nullOutputStream());
      if (!POSTGRESQL) {
        try (Connection connection = context.getBean(DataSource.class).getConnection()) {
          connection.createStatement().execute("SHUTDOWN"); // what H2 has on disk can be copied after that
        }
      }
      Runtime.getRuntime().halt(0); // the rest has nothing to save, so there is no orderly end to wait for
    } catch (Throwable problem) {
      problem.printStackTrace();
      Runtime.getRuntime().halt(1);
    }
  }

  private static RestfulServer restfulServer(AnnotationConfigApplicationContext context) throws IOException {
    RestfulServer server = new RestfulServer(context.getBean(FhirContext.class));
    var paging = context.getBean(DatabaseBackedPagingProvider.class);
    paging.setDefaultPageSize(50);
    paging.setMaximumPageSize(1000);
    server.setPagingProvider(paging);
    server.registerProviders(context.getBean(ResourceProviderFactory.class).createProviders());
    server.registerProvider(context.getBean("mySystemProviderR4", JpaSystemProvider.class));
    server.registerProvider(context.getBean(BulkDataExportProvider.class));
    server.registerInterceptor(new WorkOnExports(context.getBean(IJobMaintenanceService.class)));
    server.setServerConformanceProvider(new JpaCapabilityStatementProvider(server,
        (IFhirSystemDao<?, ?>) context.getBean("mySystemDaoR4"), context.getBean(JpaStorageSettings.class),
        context.getBean(ISearchParamRegistry.class), context.getBean(IValidationSupport.class)));
    return server;
  }

  /**
   * Takes the jobs of $export a step further each time somebody asks how far they are, where HAPI's own timer does so
   * once a minute: an export of four steps would take a test four minutes, and the timer's other work is not wanted.
   */
  public static class WorkOnExports {
    private final IJobMaintenanceService jobs;

    WorkOnExports(IJobMaintenanceService jobs) {
      this.jobs = jobs;
    }

    @Hook(Pointcut.SERVER_INCOMING_REQUEST_PRE_HANDLED)
    public void beforeAnswer(RequestDetails request) {
      if ("$export-poll-status".equals(request.getOperation())) {
        jobs.runMaintenancePass();
      }
    }
  }

  @Bean
  public JpaStorageSettings storageSettings() {
    JpaStorageSettings settings = new JpaStorageSettings();
    settings.setReuseCachedSearchResultsForMillis(60_000L); // as HAPI ships: a repeated search may be a minute old
    settings.setEnforceReferentialIntegrityOnWrite(true);
    settings.setAutoCreatePlaceholderReferenceTargets(false);
    settings.setHibernateSearchIndexFullText(false);
    settings.setSchedulingDisabled(true);
    return settings;
  }

  @Bean
  public PartitionSettings partitionSettings() {
    return new PartitionSettings();
  }

  @Bean
  public SubscriptionSettings subscriptionSettings() {
    return new SubscriptionSettings();
  }

  @Bean
  public DataSource dataSource() {
    BasicDataSource source = new BasicDataSource();
    source.setDriver(POSTGRESQL ? new org.postgresql.Driver() : new org.h2.Driver());
    source.setUrl(DATABASE);
    source.setMaxTotal(150); // a request takes two: with fewer, sixty at once wait for each other
    return source;
  }

  @Bean
  @Primary
  public LocalContainerEntityManagerFactoryBean entityManagerFactory(
      ConfigurableListableBeanFactory beans, FhirContext fhir, JpaStorageSettings settings, DataSource source) {
    LocalContainerEntityManagerFactoryBean factory =
        HapiEntityManagerFactoryUtil.newEntityManagerFactory(beans, fhir, settings);
    factory.setPersistenceUnitName("hapi");
    factory.setDataSource(source);
    Properties properties = new Properties();
    properties.put("hibernate.dialect", (POSTGRESQL ? HapiFhirPostgresDialect.class : HapiFhirH2Dialect.class).getName());
    properties.put("hibernate.hbm2ddl.auto", System.getProperty("schema", "create"));
    properties.put("hibernate.search.enabled", "false");
    properties.put("hibernate.jdbc.batch_size", "50");
    properties.put("hibernate.order_inserts", "true");
    properties.put("hibernate.order_updates", "true");
    factory.setJpaProperties(properties);
    return factory;
  }

  @Bean
  @Primary
  public JpaTransactionManager transactionManager(EntityManagerFactory factory) {
    return new JpaTransactionManager(factory);
  }
}
